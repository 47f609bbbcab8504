"""What each measure of an imputed track is, in words; how it is worked out stands in `measures`."""

MEANINGS = {
    "mse_global": "Mean squared error over all bins.",
    "mse_1obs": "Mean squared error over the top 1 % of bins by observed value.",
    "mse_1imp": "Mean squared error over the top 1 % of bins by imputed value.",
    "mse_prom": "Mean squared error over bins of the 2 kb before a gene's start.",
    "mse_gene": "Mean squared error over bins of genes.",
    "mse_enh": "Mean squared error over bins of enhancers.",
    "gw_corr": "Pearson correlation over all bins, transform undone.",
    "match1": "Share of the top 1 % observed bins that are in the top 1 % imputed.",
    "catch1_obs": "Share of the top 1 % observed bins that are in the top 5 % imputed.",
    "catch1_imp": "Share of the top 1 % imputed bins that are in the top 5 % observed.",
    "auc_obs1": "Area under the ROC curve of imputed values that tell the top 1 % observed bins.",
    "auc_imp1": "Area under the ROC curve of observed values that tell the top 1 % imputed bins.",
    "catch_peak_obs": "Share of bins with an observed value above 2, as of -log10 p, that are in the "
    "top 5 % imputed; stands in for peak calls.",
}
