"""How long training waits for a better score."""
