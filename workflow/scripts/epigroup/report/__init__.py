"""Results -> one page."""
