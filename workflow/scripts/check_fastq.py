"""Check the FASTQ files of one replicate, of each of its lanes, before anything heavy reads them."""

from dataclasses import asdict

from epigroup.core.checksums import verify_files
from epigroup.core.logs import log_to
from epigroup.reads.fastq import check_lanes
from epigroup.reads.fastq_facts import write_facts

with log_to(snakemake.log[0]):
    verify_files(snakemake.params.checksums.value)
    facts = check_lanes(snakemake.input.first, snakemake.input.second)
    write_facts(snakemake.output.facts, [asdict(one) for one in facts])
