# epigroup: from reads or peaks of many epigenetic profiles to networks trained in groups, and a report of who gained.
from snakemake.utils import min_version

min_version("9.27")

# With --configfile a run is told everything by the files named there: the demo's config would leak into it.
if not workflow.overwrite_configfiles:

    configfile: "config/config.yaml"


include: "workflow/rules/common.smk"


pathvars:
    results=RESULTS,


wildcard_constraints:
    strategy=one_of(RUN.strategies),
    choice=one_of(RUN.choices),
    external=one_of(RUN.external),
    baseline=one_of(RUN.baselines),
    grouping=one_of(RUN.groupings),
    affinity=one_of(config["affinities"]),
    profile=one_of(RUN.profiles),
    chrom=one_of(RUN.chromosomes),
    seed=r"0|[1-9]\d*",
    pack=r"\d+",
    replicate=r"\d+",


if RUN.simulated:

    include: "workflow/rules/simulate.smk"


if RUN.sheet.downloads:

    include: "workflow/rules/downloads.smk"


include: "workflow/rules/genome.smk"
include: "workflow/rules/reads.smk"
include: "workflow/rules/alignments.smk"
include: "workflow/rules/peaks.smk"
include: "workflow/rules/quality.smk"
include: "workflow/rules/signals.smk"
include: "workflow/rules/tracks.smk"
include: "workflow/rules/dataset.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/calibration.smk"
include: "workflow/rules/affinity.smk"
include: "workflow/rules/search.smk"


if "patience_study" in config:

    include: "workflow/rules/patience.smk"


include: "workflow/rules/grouping.smk"
include: "workflow/rules/evaluation.smk"
include: "workflow/rules/comparison.smk"
include: "workflow/rules/audit.smk"


if "strata" in config:

    include: "workflow/rules/strata.smk"


if RUN.external:

    include: "workflow/rules/external.smk"


if RUN.baselines:

    include: "workflow/rules/baselines.smk"


include: "workflow/rules/report.smk"
include: "workflow/rules/paper.smk"
include: "workflow/rules/predict.smk"
include: "workflow/rules/plan.smk"


# What `snakemake` without a target makes.
rule all:
    default_target: True
    input:
        f"{RESULTS}/report/report.html",
        expand(f"{RESULTS}/peaks/standard/{{profile}}.narrowPeak.gz", profile=TASKS),
        [f"{RESULTS}/affinity/stability.tsv"] if MEASURED else [],
        [f"{RESULTS}/baselines/marks.tsv"] if RUN.baselines else [],
        [f"{RESULTS}/strata/strata.tsv"] if "strata" in config else [],
        of_run(peaks.all_pileups) if config["peaks"]["signal"] else [],


# What the sheet names by accession, fetched before all else; on a cluster where only the head node has a network.
rule downloads:
    input:
        expand(f"{RESULTS}/downloads/{{file}}", file=RUN.sheet.downloads),


# The sequence that all else rests on. Built alone, it says by its checksums whether anything else is to run again.
rule genome:
    input:
        rules.build_genome.output,


# The quality of all profiles that come from reads, before anything is trained.
rule quality:
    input:
        f"{RESULTS}/quality/quality.tsv" if RUN.from_reads else [],


rule signals:
    input:
        of_run(peaks.all_pileups),


# For IGV and the UCSC browser.
rule tracks:
    input:
        f"{RESULTS}/tracks/igv_session.xml",
        f"{RESULTS}/tracks/hub.txt",


rule dataset:
    input:
        f"{RESULTS}/dataset/dataset.json",
        f"{RESULTS}/dataset/tasks.tsv",
        f"{RESULTS}/dataset/profiles.tsv",
        of_run(report_page.figure_files, DATA_FIGURES),


track_code(workflow.rules)


include: "workflow/rules/provenance.smk"


localrules:
    all,
    downloads,
    genome,
    quality,
    signals,
    tracks,
    dataset,
