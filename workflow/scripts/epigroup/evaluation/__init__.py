"""Predictions -> metrics.

Thresholds, and which of its groups serves a task (`choose_groups`), are chosen on validation examples. With the metrics
go counts by block of the genome (`bootstrap`), from which every later interval is made.
"""
