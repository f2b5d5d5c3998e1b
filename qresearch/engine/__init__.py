"""The simulator: pure functions that decide what happens and evolve the state. numpy, no pandas."""
