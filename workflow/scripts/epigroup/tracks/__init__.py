"""Files for genome browsers: what a run found, where a user looks for it."""
