"""Reads and alignments: fetched, checked, filtered."""
