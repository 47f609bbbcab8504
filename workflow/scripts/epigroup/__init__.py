"""epigroup: task grouping for deep multi-task learning of epigenetic profiles from DNA sequence."""

__version__ = "0.1.0"
