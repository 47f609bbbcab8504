"""The one reader of a finished run."""
