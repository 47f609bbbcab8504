# What can be known of the user's files from their first bytes is asked at once and before any job: do they name contigs
# alike, are reads that are called together of one layout?
from epigroup.config import contig_faults
from epigroup.config import layouts
from epigroup.config.contig_faults import HEADER_OF_BAM, HEADER_OF_BIGWIG, ROWS, ContigFile
from epigroup.reads.given_alignments import first_layout


def contig_files():
    """The files whose contigs are held against those of the FASTA; what is still to be fetched or made is not there."""
    predict = config.get("predict")
    regions = in_results(predict["regions"]) if predict and not predict["fasta"] else None
    found = [
        ContigFile("genome.blacklist", BLACKLIST, ROWS, respelt=True),
        ContigFile("genome.gtf", GTF, ROWS, respelt=True),
        ContigFile("predict.regions", regions, ROWS),
    ]
    for name, profile in PROFILES.items():
        for one in profile.replicates:
            found.append(ContigFile("peaks", one.peaks, ROWS, who=name, respelt=True))
            found.append(ContigFile("alignments", one.bam, HEADER_OF_BAM, who=name))
        if SIGNAL:
            found.append(ContigFile("signal", profile.signal, HEADER_OF_BIGWIG, who=name))
    return [one for one in found if one.path and os.path.exists(one.path)]


def faults_of_contigs():
    if not os.path.exists(FASTA):
        return []
    contigs = contig_faults.fasta_contigs(FASTA, f"{RESULTS}/genome/contigs.tsv", ".snakemake/contigs.json")
    return contig_faults.contig_faults(
        FASTA,
        contigs,
        **{key: config["genome"][key] for key in ("assembly", "chromosomes", "mitochondrion")},
        files=contig_files(),
        contig_names=config["peaks"]["contig_names"],
        longest=LONGEST,
    )


def layout_of(bam):
    """None too for what is no alignment file, which the headers have told already."""
    try:
        return first_layout(bam) if os.path.exists(bam) else None
    except InputError:
        return None


def check_files():
    faults = [*checked(faults_of_contigs), *layouts.layout_faults(PROFILES, layout_of)]
    if len(faults) == 1:
        refuse(f"{CONFIG_SOURCE}: {faults[0]}")
    if faults:
        refuse("\n".join([f"{CONFIG_SOURCE}: {len(faults)} faults in the files that it names:", *faults]))


# Jobs on other machines read this file too.
if workflow.is_main_process:
    check_files()
