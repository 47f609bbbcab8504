"""New profiles beside a finished run: which group each belongs to, a head of its own, and what few positives give."""
