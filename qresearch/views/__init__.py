"""Pictures, panels and reports over a session."""
