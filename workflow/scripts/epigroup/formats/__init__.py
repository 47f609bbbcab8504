"""Strict readers of files from elsewhere: peaks, bigWig, bigBed, bedGraph."""
