"""From genome and reads to the data set: what a run leaves of these."""

from epigroup.results.catalogue.conditions import SEALED, SIGNALS
from epigroup.results.catalogue.record import Column, ResultFile

CHANGES_NO_RESULT = ("*",)

# What is measured of a profile that comes as reads, in the order of the tables.
MEASURES = {
    "reads": "Of a replicate: number of reads, both mates.",
    "mapped_share": "Of a replicate: share of the reads that are aligned.",
    "duplicate_share": "Of a replicate: share of the aligned reads that are copies.",
    "mitochondrial_share": "Of a replicate: share of the aligned reads that lie on `genome.mitochondrion`.",
    "nrf": "Of a replicate, the non-redundant fraction: distinct places of fragments over fragments.",
    "pbc1": "Of a replicate, a PCR bottleneck coefficient: places with one fragment over places.",
    "pbc2": "Of a replicate, the other one: places with one fragment over places with two.",
    "usable_fragments": "Number of fragments after all filters.",
    "read_length": "Length of a read after all filters, bp.",
    "fragment_length": "Fragment length by the cross-correlation of the strands: its peak beyond the read length, bp.",
    "nsc": "Normalised strand coefficient: correlation at the fragment length over the least correlation.",
    "rsc": "Relative strand coefficient: correlation at the fragment length over that at the read length, both less "
    "the least.",
    "insert_median": "Of pairs: median insert size, bp.",
    "nucleosome_free_share": "ATAC in pairs: share of the inserts below 150 bp.",
    "mononucleosome_share": "ATAC in pairs: share of the inserts from 150 to 300 bp.",
    "nucleosome_free_peak": "ATAC in pairs: 1 where the histogram of inserts has a peak below 150 bp, else 0.",
    "mononucleosome_peak": "ATAC in pairs: 1 where the histogram of inserts has a peak from 150 to 300 bp, else 0.",
    "frip": "Share of the reads that lie in peaks.",
    "peaks": "Number of peaks.",
    "peak_width_median": "Median width of the peaks, bp.",
    "tss_enrichment": "ATAC and DNase with `genome.gtf`: cuts at starts of transcripts over cuts 2,000 bp away.",
    "supported_peaks": "With `peaks.replicates` other than `pooled`: number of pooled peaks that two replicates "
    "support.",
    "rescue_ratio": "With `peaks.replicates` other than `pooled`: the rescue ratio of ENCODE.",
    "self_consistency_ratio": "With `peaks.replicates` other than `pooled`: the self-consistency ratio of ENCODE.",
}
REMOVED = "null where duplicates were removed before, or there is no fragment"
READS = "a profile that comes as reads or alignments"

GENOME = (
    ResultFile(
        "contigs",
        "genome/contigs.tsv",
        "The contigs of the FASTA and which of them are used.",
        (
            Column("contig", "Name of the contig."),
            Column("size", "Length, bp."),
            Column(
                "role",
                "`chromosome`: one of `genome.chromosomes`; `mitochondrion`: that of `genome.mitochondrion`; "
                "`unused`: any other.",
            ),
        ),
    ),
    ResultFile(
        "genome_checksums",
        "genome/checksums.json",
        "Which genome the run is of: jobs that take the genome in go by its content, not by its date.",
        (
            Column("assembly", "Assembly of the genome: `genome.assembly` of the config."),
            Column("fasta_sha256", "SHA-256 of the FASTA's text, unpacked."),
            Column("format_version", "Version of the form of `genome.h5`."),
            Column("chromosomes", "Name, length and checksum of each chromosome, in order."),
            Column("aligner_fasta", "SHA-256 of the FASTA for aligners.", when="a FASTA for aligners"),
        ),
    ),
)

READ_ACCOUNT = (
    Column("profile_id", "Name of the profile."),
    Column("replicate", "Number of the replicate."),
    Column(
        "what",
        "`given`, `kept`, or why reads were dropped; the first reason that holds counts, and kept and dropped "
        "together are what was given.",
    ),
    Column(
        "reads",
        "Reads, both mates of a pair counted; of a file of alignments that was given, all its records.",
    ),
)
FIGURE = (
    Column("profile_id", "Name of the profile."),
    Column("replicate", "Number of the replicate; `pooled`: all of them, after filtering."),
    Column("measure", "What was measured: one of the figures of quality."),
    Column("value", "Value of the figure; `NA` where it is not known."),
    Column("grade", "`pass`, `warn` or `fail` by the threshold; empty where there is none."),
    Column("threshold", "The threshold in words."),
    Column("source", "Who published the threshold."),
)
SUMMARY = (
    Column("profile_id", "Name of the profile."),
    Column("grade", "Worst grade of the profile: `pass`, `warn` or `fail`; empty where nothing was graded."),
    Column("warned", "Names of the figures with the grade `warn`, parted by commas."),
    Column("failed", "Names of the figures with the grade `fail`, parted by commas."),
    Column(
        "{measure}",
        "Value of a figure of quality: of the pooled reads, or of the replicate of the worst grade and, among "
        "those, the worst value; `NA` where it is not known.",
        when="a profile that has the figure",
    ),
)

QUALITY_FILES = (
    ResultFile(
        "read_account",
        "quality/reads/{profile}.rep{replicate}.tsv",
        "What became of every read of one replicate.",
        READ_ACCOUNT,
        when=READS,
    ),
    ResultFile(
        "read_accounts",
        "quality/reads.tsv",
        "What became of every read, of all replicates one below another.",
        READ_ACCOUNT,
        when=READS,
    ),
    ResultFile(
        "profile_quality",
        "quality/profiles/{profile}.tsv",
        "Figures of the quality of one profile and their grades by the thresholds that ENCODE publishes for the assay; "
        "a row a figure. A figure without such a threshold has no grade.",
        FIGURE,
        when=READS,
    ),
    ResultFile(
        "quality_figures",
        "quality/figures.tsv",
        "The figures of the quality of all profiles, one below another.",
        FIGURE,
        when=READS,
    ),
    ResultFile(
        "read_quality",
        "quality/quality.tsv",
        "Grade and figures of the quality of each profile; a row a profile. Its grade is the worst of its figures'.",
        SUMMARY,
        when=READS,
    ),
    ResultFile(
        "multiqc_quality",
        "quality/epigroup_mqc.tsv",
        "`quality.tsv` as MultiQC reads it: lines that begin with `#` say how it is shown.",
        SUMMARY,
        when=READS,
    ),
    ResultFile(
        "fastp",
        "quality/fastp/{profile}.rep{replicate}.json",
        "What fastp says of the trimming of one replicate, in its own form.",
        when="`reads.trim`, of profiles that come as FASTQ",
    ),
    ResultFile(
        "flagstat",
        "quality/alignments/{profile}.rep{replicate}.flagstat.txt",
        "What `samtools flagstat` counts in the alignments of one replicate after duplicates were marked.",
        when=READS,
    ),
    ResultFile(
        "given_contigs",
        "quality/given/{profile}.rep{replicate}.contigs.tsv",
        "The contigs in the header of alignments that the sheet gives; no line names the columns.",
        (Column("contig", "Name of the contig."), Column("size", "Length, bp.")),
        when="a profile that comes as alignments",
        header=False,
    ),
    ResultFile(
        "given_alignments",
        "quality/given/{profile}.rep{replicate}.json",
        "What alignments that the sheet gives hold.",
        (
            Column("format", "Format of the file: `BAM` or `CRAM`."),
            Column("layout", "Layout of the reads: `single` or `paired`."),
            Column("sorted_by", "How the header says that records are sorted."),
            Column("aligner", "The program that aligned, by the header."),
            Column("records", "Number of all records of the file."),
            Column("secondary", "Number of secondary alignments."),
            Column("supplementary", "Number of supplementary alignments."),
            Column("primary", "Number of reads: records that are neither secondary nor supplementary."),
            Column("mapped", "Number of reads that are aligned."),
            Column("missing_mates", "Number of reads flagged as paired whose mate is not in the file."),
        ),
        when="a profile that comes as alignments",
    ),
    ResultFile(
        "complexity",
        "quality/complexity/{profile}.rep{replicate}.json",
        "How complex the library of one replicate is, before duplicates are removed.",
        (
            Column("fragments", "Number of fragments that pass the filters, without the mitochondrion."),
            Column("places", "Number of distinct places of these fragments."),
            Column("ones", "Number of places with one fragment."),
            Column("twos", "Number of places with two fragments."),
            Column("nrf", f"Places over fragments, 0 to 1; {REMOVED}."),
            Column("pbc1", f"Places with one fragment over places, 0 to 1; {REMOVED}."),
            Column(
                "pbc2",
                f"Places with one fragment over places with two; 1e9 where no place has two; {REMOVED}.",
            ),
        ),
        when=READS,
    ),
    ResultFile(
        "strands",
        "quality/strands/{profile}.json",
        "What the cross-correlation of the strands and the insert sizes say of a profile's fragments.",
        (
            Column("reads", "Number of reads: first mates, or single ones."),
            Column("read_length", "Length of a read, bp."),
            Column("fragment", "Fragment length by cross-correlation, bp; null where it has no peak."),
            Column(
                "nsc", "Correlation at the fragment length over the least correlation; null where not known."
            ),
            Column(
                "rsc",
                "Correlation at the fragment length less the least, over the correlation at the read length less the "
                "least; null where not known.",
            ),
            Column("inserts", "Number of pairs by their insert size, bp; empty of single reads."),
            SEALED,
        ),
        when=READS,
    ),
    ResultFile(
        "replicate_ratios",
        "quality/replicates/{profile}.json",
        "How well the peaks of a profile's replicates agree, by ENCODE's ratios.",
        (
            Column("supported_peaks", "Number of pooled peaks that two replicates support (Nt)."),
            Column(
                "rescue_ratio",
                "The larger of Nt and Np over the smaller; 1e9 where the smaller is 0.",
            ),
            Column("self_consistency_ratio", "The largest of `n` over the least; 1e9 where the least is 0."),
            Column("np", "Number of pooled peaks that both random halves of the pooled reads support (Np)."),
            Column("n", "Number of peaks of each replicate that both its random halves support."),
        ),
        when="`peaks.replicates: overlap` or `idr`, of profiles with several replicates",
    ),
)

DATASET = (
    ResultFile(
        "shards",
        "dataset/shards/{chrom}.h5",
        "The examples of one chromosome: bins that train, validate or test, in order. A bin's length is the attribute "
        "`bin_size`.",
        (
            Column("start", "int32 (bins): first base of the bin, 0-based."),
            Column(
                "role",
                "uint8 (bins): what the bin is for, a sum: 1 it may train, 2 it is scored with `any_peak`, 4 with "
                "`all_mappable`.",
            ),
            Column(
                "labels",
                "uint8 (bins, tasks / 8, rounded up): 1 where a peak of the task covers the bin; task t is bit t % 8, "
                "from the lowest, of byte t // 8.",
            ),
            Column(
                "signal",
                "float16 (bins, tasks): mean of the task's signal over the bin, transformed as the config has it.",
                when=SIGNALS,
            ),
            Column("n_peaks", "int64 (tasks): number of the task's peaks on the chromosome."),
            Column("task_ids", "The tasks, in the sheet's order."),
        ),
    ),
    ResultFile(
        "dataset",
        "dataset/dataset.json",
        "The data set in numbers: bins by chromosome and split, positives by task.",
        (
            Column("format_version", "Version of the form of the shards."),
            Column("assembly", "Assembly of the genome: `genome.assembly` of the config."),
            Column("genome_sha256", "SHA-256 of the FASTA's text."),
            Column("bin_size", "Length of a bin, bp."),
            Column("window", "Length of the sequence that a network reads, bp."),
            Column("min_overlap", "Overlap with one peak that makes a bin positive, bp."),
            Column(
                "n_examples",
                "Number of examples of `train`, `validation` and `test`, of the first evaluation regions.",
            ),
            Column(
                "n_evaluation",
                "Number of examples of `validation` and `test` for each set of evaluation regions.",
            ),
            Column(
                "chromosomes",
                "For each chromosome its length (`size`, bp), bins by what became of them (`n_...`) and checksums.",
            ),
            Column("splits", "The spans of each split, as the config has them written out."),
            Column("task_ids", "The tasks, in the sheet's order."),
            Column("n_peaks", "Number of peaks of each task, in the sheet's order."),
            Column(
                "positives",
                "For each split the number of positive examples of each task, in the sheet's order.",
            ),
            Column(
                "signal_transform",
                "How signals are transformed: `dataset.signal_transform` of the config.",
                when=SIGNALS,
            ),
            Column("dataset_hash", "SHA-256 of what a network can learn from."),
            SEALED,
        ),
    ),
    ResultFile(
        "tasks",
        "dataset/tasks.tsv",
        "The tasks in the sheet's order, with their peaks and positives; a row a task.",
        (
            Column("task_id", "The task: the sheet's `profile_id`.", needed=True),
            Column(
                "modality",
                "`CA` chromatin accessibility, `HM` histone modification, `TFB` transcription factor binding.",
                needed=True,
            ),
            Column("assay", "`ATAC`, `DNase`, `ChIP` or `CUTRUN`."),
            Column("target", "The protein or histone mark; empty where there is none."),
            Column("cell_type", "Cell type, tissue or strain."),
            Column("cell_group", "The group of cell types.", needed=True),
            Column("n_peaks", "Number of peaks on the chosen chromosomes."),
            Column("positives_train", "Number of positive examples of the training split.", needed=True),
            Column(
                "positives_validation",
                "Number of positive examples of the validation split, of the first evaluation regions.",
                needed=True,
            ),
            Column(
                "positives_test",
                "Number of positive examples of the test split, of the first evaluation regions.",
                needed=True,
            ),
            Column("share_train", "Share of the training examples that are positive, 0 to 1."),
            Column("flag", "Splits in which the task has no positive, in words; empty where it has."),
        ),
    ),
    ResultFile(
        "profiles",
        "dataset/profiles.tsv",
        "Numbers of tasks by cell group and modality, as Table I of Shiri & Sun 2022; a row a cell group, the last the "
        "total.",
        (
            Column("cell_group", "The group of cell types; `Total`: all."),
            Column(
                "{modality}",
                "Number of tasks of this modality; the assay stands behind it in brackets where the modality was "
                "profiled by more than one.",
            ),
            Column("Total", "Number of tasks of the cell group."),
        ),
    ),
    ResultFile(
        "peak_index",
        "peaks/standard/index.json",
        "Checksums of the files of standard peaks; a key a file.",
        (
            Column("{profile}.safetensors", "Checksum of the profile's file."),
            SEALED,
        ),
    ),
    ResultFile(
        "checked_signals",
        "checks/signals.json",
        "That the sheet's signals are bigWigs of this genome.",
        (Column("signals", "The bigWig of each task."),),
        when=SIGNALS,
    ),
)

LEFT_OUT = ResultFile(
    "left_out",
    "checks/left_out.tsv",
    "Profiles that are not learnt for their quality, one a line; no line names the columns, and `none` stands where "
    "all are learnt.",
    (
        Column("profile_id", "Name of the profile."),
        Column(
            "measures",
            "Figures of the profile below `qc.min_grade`, parted by commas.",
            when="a profile that is left out",
        ),
    ),
    when="`qc.min_grade: warn` or `pass`",
    header=False,
)

DATA_FILES = (*GENOME, *QUALITY_FILES, LEFT_OUT, *DATASET)
