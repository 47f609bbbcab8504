"""What scores are held against in the check of technique."""

NUMBERS = {"depth": "aligned fragments", "frip": "FRiP", "n_peaks": "number of peaks"}
# They set the base rate, or rise with it: more peaks hold more reads.
BY_PEAKS = ("n_peaks", "frip")
WORDS = ("assay", "batch", "donor")
