"""What becomes of reads, how good profiles are, and which are left out for it: what a run leaves of these."""

from epigroup.results.catalogue.conditions import SEALED
from epigroup.results.catalogue.record import Column, ResultFile

CHANGES_NO_RESULT = ("*",)

REMOVED = "null where duplicates were removed before, or there is no fragment"
READS = "a profile that comes as reads or alignments"

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
        "multiqc",
        "quality/multiqc/multiqc_report.html",
        "The page of MultiQC: fastp, Bowtie 2, samtools and `epigroup_mqc.tsv`; beside it a folder of its numbers.",
        when=f"`qc.multiqc`, {READS}; or the target `multiqc`",
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
