"""What is imputed, as bigWigs and for genome browsers."""

from epigroup.core.logs import log_to
from epigroup.imputation.imputed_browsers import write_imputed_browsers
from epigroup.imputation.write_imputed import write_imputed

with log_to(snakemake.log[0]):
    cfg = snakemake.params.cfg
    places = [tuple(place) for place in cfg["places"]]
    write_imputed(
        snakemake.input.tensors,
        snakemake.input.tracks,
        snakemake.input.models,
        snakemake.input.choices,
        places,
        snakemake.output.bigwigs,
        snakemake.output.readme,
        cfg["assembly"],
    )
    write_imputed_browsers(
        {key: snakemake.output[key] for key in ("hub", "genomes", "trackdb", "session")},
        {(cell_type, assay): path for cell_type, assay, path in cfg["measured"]},
        dict(zip(places, snakemake.output.bigwigs, strict=True)),
        **{key: cfg[key] for key in ("name", "assembly", "email", "locus")},
    )
