"""Bins x tasks: labels and signals, splits, shards and their one reader.

`make_shard` labels the bins of a chromosome; `shards` is the form of the file; `dataset` opens all of them as one, and
is what every later stage reads examples through. Which bins train and which are scored is decided in `bin_sets`, once
for all strategies.
"""
