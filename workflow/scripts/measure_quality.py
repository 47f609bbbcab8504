"""Every quality figure of one profile, with its grade."""

from epigroup.core.logs import log_to
from epigroup.genome.sizes import read_size, read_sizes
from epigroup.peaks.replicates import read_ratios
from epigroup.quality.profile_figures import pooled_figures, replicate_figures
from epigroup.quality.strand_facts import read_strands
from epigroup.quality.tables import POOLED, quality_table, write_quality
from epigroup.reads.fastq_facts import read_records

with log_to(snakemake.log[0]):
    given, cfg = snakemake.input, dict(snakemake.params.cfg)
    numbers, mitochondrion = cfg.pop("replicates"), cfg.pop("mitochondrion")
    contig_names = cfg.pop("contig_names", "as_given")
    records = [read_records(path) for path in given.facts] or [None] * len(numbers)
    figures = {
        str(number): replicate_figures(*paths, records=count, mitochondrion=mitochondrion)
        for number, count, *paths in zip(
            numbers, records, given.flagstat, given.idxstats, given.complexity, strict=True
        )
    }
    figures[POOLED] = pooled_figures(
        read_strands(given.strands),
        given.bam,
        given.get("peaks"),
        read_sizes(given.sizes),
        assay=cfg["assay"],
        gtf=given.get("gtf"),
        contig_names=contig_names,
    )
    if given.get("ratios"):
        figures[POOLED] |= read_ratios(given.ratios)
    name = cfg.pop("profile_id")
    table = quality_table(name, figures, genome_size=read_size(given.bases), **cfg)
    write_quality(snakemake.output.quality, table)
