# What the rules of reads, alignments and peaks take in, and the arguments of their tools.

FROM_FASTQ = [name for name, profile in PROFILES.items() if profile.kind == "fastq"]


def replicate_of(wildcards):
    return PROFILES[wildcards.profile].replicate(wildcards.replicate)


def fastq_of(wildcards):
    """The one or two FASTQ files of a replicate, as the sheet gives them."""
    replicate = replicate_of(wildcards)
    return [path for path in (replicate.fastq_1, replicate.fastq_2) if path]


def reads_to_align(wildcards):
    if config["reads"]["trim"]:
        return [f"{RESULTS}/reads/{wildcards.profile}.rep{wildcards.replicate}.fastq.gz"]
    return fastq_of(wildcards)


# Arguments go by wildcards alone: Snakemake does not compare params that are functions of `input`.


def trim_arguments(wildcards):
    reads = fastq_of(wildcards)
    return ["--in2", reads[1], "--detect_adapter_for_pe"] if len(reads) == 2 else []


def align_arguments(wildcards):
    """How bowtie2 takes the reads: trimmed pairs come interleaved in one file."""
    reads = reads_to_align(wildcards)
    if not PROFILES[wildcards.profile].paired:
        return ["-U", reads[0]]
    mates = ["--interleaved", *reads] if len(reads) == 1 else ["-1", reads[0], "-2", reads[1]]
    return ["--maxins", config["reads"]["max_fragment"], *mates]


FROM_BAM = [name for name, profile in PROFILES.items() if profile.kind == "bam"]


def replicate_alignments(wildcards):
    return [
        f"{RESULTS}/alignments/{wildcards.profile}.rep{one.number}.bam"
        for one in PROFILES[wildcards.profile].replicates
    ]


def given_reads(wildcards):
    """What counted the reads of a replicate before its alignments are filtered, and the blacklist."""
    place = f"{wildcards.profile}.rep{wildcards.replicate}.json"
    kind = PROFILES[wildcards.profile].kind
    found = {"checked": f"{RESULTS}/quality/{'given' if kind == 'bam' else 'fastq'}/{place}"}
    if kind == "fastq" and config["reads"]["trim"]:
        found["trimmed"] = f"{RESULTS}/quality/fastp/{place}"
    return found | ({"blacklist": BLACKLIST} if BLACKLIST else {})


def size_mb(path):
    """Size of a file in MB; 0 while it is not there."""
    return os.path.getsize(path) / 1e6 if os.path.exists(path) else 0
