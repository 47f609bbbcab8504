"""From genome and reads to the data set: what a run leaves of these."""

from epigroup.results.catalogue.conditions import SEALED, SIGNALS
from epigroup.results.catalogue.quality import LEFT_OUT, QUALITY_FILES
from epigroup.results.catalogue.record import Column, ResultFile

CHANGES_NO_RESULT = ("*",)

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
            Column(
                "x_{column}", "A column of the user's own in the sheet.", when="columns `x_...` in the sheet"
            ),
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

DATA_FILES = (*GENOME, *QUALITY_FILES, LEFT_OUT, *DATASET)
