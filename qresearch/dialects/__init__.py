"""Other systems' words over a session."""
