"""Files for genome browsers."""
