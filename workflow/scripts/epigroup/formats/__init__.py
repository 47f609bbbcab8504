"""Strict readers of files from elsewhere: peaks, bigWig, bigBed, bedGraph.

`peak_files` is the one reader of peaks as text, whatever their columns (`peak_columns`); bigWig and bigBed share `bbi`.
What is not what its name says is refused by name (`foreign_contents`).
"""
