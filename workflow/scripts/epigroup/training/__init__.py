"""Batches -> best weights; the same bits however often a job is stopped."""
