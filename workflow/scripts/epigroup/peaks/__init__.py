"""Alignments -> standard peaks and pileups."""
