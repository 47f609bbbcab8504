"""What scores are held against in the check of technique, and which scores."""

NUMBERS = {"depth": "aligned reads", "n_peaks": "number of peaks"}
WORDS = ("assay", "batch", "donor")
MEASURES = {
    "test_f1": "test F1",
    "test_auroc": "test AUROC",
    "gain": "gain in test F1",
    # of signals
    "test_pearson": "test Pearson r",
    "test_spearman": "test Spearman ρ",
    "gain_pearson": "gain in test Pearson r",
}
