"""Keep the reads that peaks are called on, count the others by reason, and take samtools' counts of all."""

import pysam

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.logs import log_to
from epigroup.genome.sizes import read_sizes
from epigroup.reads.accounts import account, write_account
from epigroup.reads.filter import dropped_before, filter_alignments

with log_to(snakemake.log[0]):
    given, made, cfg = snakemake.input, snakemake.output, dict(snakemake.params.cfg)
    sizes = read_sizes(given.sizes)
    if len(sizes) != cfg.pop("chromosomes"):
        raise InputError(f"{given.sizes}: is cut short: delete it and run again")
    profile, replicate = snakemake.wildcards.profile, snakemake.wildcards.replicate
    before = dropped_before(given.checked, given.get("trimmed"))
    blacklist = given.get("blacklist") or None
    counts = filter_alignments(given.bam, made.bam, made.bai, sizes, blacklist=blacklist, **cfg)
    write_account(
        made.reads, profile, replicate, account(f"{profile}, replicate {replicate}", before, counts)
    )
    for out, count in (
        (made.flagstat, pysam.flagstat),
        (made.idxstats, pysam.idxstats),
        (made.stats, pysam.stats),
    ):
        with whole(out) as partial:
            partial.write_text(count(given.bam), encoding="utf-8")
