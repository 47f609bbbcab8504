"""What scores are held against in the check of technique, and which scores."""

NUMBERS = {"depth": "aligned reads", "n_peaks": "number of peaks"}
WORDS = ("assay", "batch", "donor")
MEASURES = {"test_f1": "test F1", "test_auroc": "test AUROC", "gain": "gain in test F1"}
