"""What scores are held against in the check of technique."""

NUMBERS = {"depth": "aligned reads", "frip": "FRiP", "n_peaks": "number of peaks"}
WORDS = ("assay", "batch", "donor")
