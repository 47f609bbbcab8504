"""What a simulation knows of itself, and how a run is held against it."""

from epigroup.results.catalogue.record import Column, ResultFile

CHANGES_NO_RESULT = ("*",)

SIMULATION = "`simulation`"
REGIONS = Column("regions", "Set of evaluation regions: `any_peak` or `all_mappable`.")

TRUTH = (
    ResultFile(
        "planted_groups",
        "simulation/truth/groups.tsv",
        "The groups that the simulation planted.",
        (
            Column("task_id", "The task."),
            Column("group", "Its latent group, from 0; tasks of one group read the same motifs alike."),
        ),
        when=SIMULATION,
    ),
    ResultFile(
        "planted_tasks",
        "simulation/truth/tasks.tsv",
        "The place of each task in the simulation.",
        (
            Column("task_id", "The task."),
            Column("group", "Its latent group, from 0."),
            Column("context", "The chromatin context that its cell group sees, 0 or 1."),
        ),
        when=SIMULATION,
    ),
    ResultFile(
        "planted_rules",
        "simulation/truth/rules.tsv",
        "What each latent group makes of each motif; a row a group and motif that it reads.",
        (
            Column("group", "Latent group, from 0."),
            Column("motif", "Name of the motif."),
            Column("effect", "Log-odds of being open that the motif adds; negative: it closes."),
        ),
        when=SIMULATION,
    ),
    ResultFile(
        "planted_motifs",
        "simulation/truth/motifs.tsv",
        "The motifs; a row a motif and position.",
        (
            Column("motif", "Name of the motif."),
            Column("position", "Position in the motif, from 1."),
            *(Column(base, f"Chance of {base} there.") for base in "ACGT"),
        ),
        when=SIMULATION,
    ),
    ResultFile(
        "planted_sites",
        "simulation/truth/sites.tsv.gz",
        "Every copy of a motif in the genome, ordered by place.",
        (
            Column("chrom", "Chromosome."),
            Column("start", "First base of the copy, 0-based."),
            Column("end", "End of the copy, bp, half-open."),
            Column("motif", "Name of the motif."),
            Column("strand", "Strand; always `+`."),
            Column("element", "The element that it lies in: chromosome and centre, bp."),
            Column("context", "The chromatin context in which the element is active, 0 or 1."),
            Column("tasks", "Tasks to which the element is open, parted by commas; `.`: none."),
        ),
        when=SIMULATION,
    ),
    ResultFile(
        "planted_intervals",
        "simulation/truth/intervals.tsv.gz",
        "The true peaks of all tasks.",
        (
            Column("chrom", "Chromosome."),
            Column("start", "First base, 0-based."),
            Column("end", "End, bp, half-open."),
            Column("task_id", "The task that has the peak."),
        ),
        when=SIMULATION,
    ),
)
HELD = (
    ResultFile(
        "agreement",
        "comparison/truth.tsv",
        "How well groups agree with the planted ones; a row a grouping and seed.",
        (
            Column("grouping", "The grouping.", needed=True),
            Column("method", "Its method."),
            Column("vectors", "What stands for a task; empty where the method has none."),
            Column("seed", "Its seed.", needed=True),
            Column("k", "Number of groups.", needed=True),
            Column(
                "ari_planted",
                "Adjusted Rand index with the planted groups: 0 chance, 1 the same.",
                needed=True,
            ),
            Column("ari_modality", "The same with modality.", when="every task has a modality"),
            Column("ari_cell_group", "The same with cell group.", when="every task has a cell group"),
        ),
        when=SIMULATION,
    ),
    ResultFile(
        "affinity_truth",
        "comparison/affinities.tsv",
        "Whether affinities tell the planted groups; a row an affinity, strategy and seed.",
        (
            Column("affinity", "Name of the affinity."),
            Column("strategy", "The strategy whose network it is of."),
            Column("seed", "Seed of the network."),
            Column("kind", "`distance` or `similarity`."),
            Column(
                "auc_planted",
                "Chance that a pair of one planted group scores higher than another pair; 0.5 tells nothing; NaN where "
                "all pairs are of one sort.",
            ),
            Column("auc_modality", "The same of pairs of one modality."),
            Column("auc_cell_group", "The same of pairs of one cell group."),
        ),
        when=SIMULATION,
    ),
    ResultFile(
        "ceiling",
        "comparison/ceiling.tsv",
        "What the noise-free probability of the simulation scores on test: the most that a network can reach.",
        (
            Column("task_id", "The task.", needed=True),
            REGIONS,
            Column("n_test", "Test examples."),
            Column("positives_test", "Positives among them."),
            Column("test_auprc", "Test AUPRC of the noise-free probability.", needed=True),
            Column("test_auroc", "Its test AUROC."),
            Column("{strategy}:test_auprc", "Test AUPRC of this strategy, mean over seeds."),
        ),
        when=SIMULATION,
    ),
)

SIMULATION_FILES = (*TRUTH, *HELD)
