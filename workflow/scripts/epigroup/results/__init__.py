"""The one reader of a finished run.

`files` names each table with its columns; `run` reads them all, for figures, report and audit.
"""
