"""Fragment length, NSC, RSC and insert sizes of one profile's reads."""

from epigroup.core.logs import log_to
from epigroup.genome.sizes import read_sizes
from epigroup.quality.strand_facts import measure_strands, write_strands

with log_to(snakemake.log[0]) as log:
    facts = measure_strands(snakemake.input.bam, read_sizes(snakemake.input.sizes))
    log.info(
        "%d reads, fragment %s bp, NSC %.3f, RSC %.3f", facts.reads, facts.fragment, facts.nsc, facts.rsc
    )
    write_strands(snakemake.output.strands, facts)
