"""What is measured of a profile's reads, and its grade.

Figures are measured by replicate and by profile, gathered in `tables`, graded in `grades` by published thresholds, each
with its source. `left_out` says which profiles the grades keep out of training.
"""
