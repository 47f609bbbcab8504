"""Signals that were never measured: tracks (a cell type and an assay each) imputed from the others.

Bins of all tracks make a tensor; tracks are held out by folds; models that see the rest are judged on them against the
average of the assay over the other cell types; what none measured is imputed by the same models.
"""
