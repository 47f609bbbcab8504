"""Learning rates: which are tried, and which is taken, by validation losses alone."""
