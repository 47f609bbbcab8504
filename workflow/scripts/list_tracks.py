"""The tracks of the tensor, in the order of its rows."""

from epigroup.core.logs import log_to
from epigroup.imputation.track_folds import list_tracks

with log_to(snakemake.log[0]):
    list_tracks(snakemake.params.tracks, snakemake.output[0])
