# Targets that end before anything is trained.
from epigroup.run import folds
from epigroup.run.data import peaks


# What the sheet names by accession, fetched before all else; on a cluster where only the head node has a network.
rule downloads:
    input:
        expand("<data>/downloads/{file}", file=RUN.sheet.downloads),
    localrule: True


# The sequence that all else rests on. Built alone, it says by its checksums whether anything else is to run again.
rule genome:
    input:
        rules.build_genome.output,
    localrule: True


# The quality of all profiles that come from reads, before anything is trained.
rule quality:
    input:
        "<data>/quality/quality.tsv" if RUN.from_reads else [],
    localrule: True


rule signals:
    input:
        of_run(peaks.all_pileups),
    localrule: True


# For IGV and the UCSC browser.
rule tracks:
    input:
        "<data>/tracks/igv_session.xml",
        "<data>/tracks/hub.txt",
    localrule: True


# All that folds share, so that each can then be made by itself beside the others.
rule shared:
    input:
        of_run(folds.shared),
    localrule: True
