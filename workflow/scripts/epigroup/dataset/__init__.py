"""Bins x tasks: labels and signals, splits, shards and their one reader."""
