"""A run up to its labels: simulated input, reads, peaks, tracks, and the data set."""
