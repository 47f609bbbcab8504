"""The one reader of a finished run, and what is said of its files.

`catalogue` says of each file where it lies and what its columns mean; `files` reads one table by it; `run` reads them
all, for figures, report and audit.
"""
