"""The binned signals of all tracks on one chromosome."""

from epigroup.core.logs import log_to
from epigroup.core.settings import read_settings
from epigroup.genome.sizes import read_sizes
from epigroup.imputation.places import read_places
from epigroup.imputation.settings import TensorSettings
from epigroup.imputation.signals import chromosome_sizes, make_tensor

with log_to(snakemake.log[0]):
    cfg = dict(snakemake.params.cfg)
    paths = dict(zip(cfg.pop("task_ids"), snakemake.input.signals, strict=True))
    chrom = snakemake.wildcards.chrom
    sizes = snakemake.input.get("sizes")  # of the genome, where there is one
    length = (read_sizes(sizes) if sizes else chromosome_sizes(paths, [chrom]))[chrom]
    make_tensor(
        paths,
        read_places(snakemake.input.tracks),
        chrom,
        length,
        read_settings(TensorSettings, cfg, "imputation"),
        snakemake.output[0],
    )
