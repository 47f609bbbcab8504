"""epigroup: task grouping for deep multi-task learning of epigenetic profiles from DNA sequence."""

from pathlib import Path

__version__ = "0.1.0"
WORKFLOW = Path(__file__).resolve().parents[2]  # holds rules, schemas, scripts and the pages of the report
