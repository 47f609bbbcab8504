"""What a run keeps of its own jobs."""
