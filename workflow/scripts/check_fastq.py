"""Check the FASTQ files of one replicate before anything heavy reads them."""

from dataclasses import asdict

from epigroup.core.checksums import verify_files
from epigroup.core.logs import log_to
from epigroup.reads.fastq import check_fastq, check_pair, write_facts

with log_to(snakemake.log[0]):
    verify_files(snakemake.params.checksums)
    paths = list(snakemake.input.reads)
    facts = check_pair(*paths) if len(paths) == 2 else (check_fastq(paths[0]),)
    write_facts(snakemake.output.facts, [asdict(one) for one in facts])
