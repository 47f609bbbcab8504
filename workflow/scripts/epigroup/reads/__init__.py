"""Reads and alignments: fetched, checked, filtered.

`given_alignments` looks at a BAM or CRAM whole before any work is done with it. `filter` drops reads, `accounts` says
how many were dropped for which reason and stops where the numbers do not add up.
"""
