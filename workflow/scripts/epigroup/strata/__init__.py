"""Scores of bins apart by what is known of them."""
