"""What a simulation knows of itself, and how a run is held against it."""

from epigroup.evaluation.label_scores import LABEL_SCORES
from epigroup.results.catalogue.conditions import REGIONS, SIMULATION
from epigroup.results.catalogue.record import Column, ResultFile
from epigroup.results.catalogue.scores import meaning_of

CHANGES_NO_RESULT = ("*",)

CEILING = tuple(
    Column(
        f"test_{score.name}",
        f"{score.words} of the noise-free probability on the test examples. {meaning_of(score)}",
        needed=score.name == "auprc",
    )
    for score in LABEL_SCORES
    if score.role in ("headline", "shown") and not score.threshold
)

TRUTH = (
    ResultFile(
        "planted_groups",
        "simulation/truth/groups.tsv",
        "The groups that the simulation planted.",
        (
            Column("task_id", "Name of the task."),
            Column(
                "group", "Latent group of the task, from 0; tasks of one group read the same motifs alike."
            ),
        ),
        when=SIMULATION,
    ),
    ResultFile(
        "planted_tasks",
        "simulation/truth/tasks.tsv",
        "The place of each task in the simulation.",
        (
            Column("task_id", "Name of the task."),
            Column("group", "Latent group of the task, from 0."),
            Column("context", "The chromatin context that the cell group of the task sees, 0 or 1."),
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
            *(Column(base, f"Chance of {base} at this position, 0 to 1.") for base in "ACGT"),
        ),
        when=SIMULATION,
    ),
    ResultFile(
        "planted_sites",
        "simulation/truth/sites.tsv.gz",
        "Every copy of a motif that the simulation planted, ordered by place; not those that arise by chance.",
        (
            Column("chrom", "Name of the chromosome."),
            Column("start", "First base of the copy, 0-based."),
            Column("end", "End of the copy, bp, half-open."),
            Column("motif", "Name of the motif."),
            Column("strand", "Strand of the motif; always `+`."),
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
            Column("chrom", "Name of the chromosome."),
            Column("start", "First base of the interval, 0-based."),
            Column("end", "End of the interval, 0-based and half-open."),
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
            Column("grouping", "Name of the grouping.", needed=True),
            Column("method", "Method of the grouping."),
            Column("vectors", "What stands for a task; empty where the method has none."),
            Column("seed", "Seed of the grouping.", needed=True),
            Column("k", "Number of groups.", needed=True),
            Column(
                "ari_planted",
                "Adjusted Rand index with the planted groups: 0 by chance, 1 the same.",
                needed=True,
            ),
            Column("ari_modality", "Adjusted Rand index with modality: 0 by chance, 1 the same."),
            Column("ari_cell_group", "Adjusted Rand index with cell group: 0 by chance, 1 the same."),
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
            Column("kind", "What the matrix holds: `distance` or `similarity`."),
            Column(
                "auc_planted",
                "Chance that a pair of one planted group scores higher than another pair; 0.5 tells nothing; NaN where "
                "all pairs are of one sort.",
            ),
            *(
                Column(
                    f"auc_{column}",
                    f"Chance that a pair of one {words} scores higher than another pair; 0.5 tells nothing; NaN where "
                    "all pairs are of one sort.",
                )
                for column, words in (("modality", "modality"), ("cell_group", "cell group"))
            ),
        ),
        when=SIMULATION,
    ),
    ResultFile(
        "ceiling",
        "comparison/ceiling.tsv",
        "What the noise-free probability of the simulation scores on test: the most that a network can reach in "
        "expectation. By the noise of the labels one may be above it.",
        (
            Column("task_id", "Name of the task.", needed=True),
            REGIONS,
            Column("n_test", "Number of test examples."),
            Column("positives_test", "Number of positives among the test examples."),
            *CEILING,
            Column("{strategy}:test_auprc", "Test AUPRC of this strategy, mean over seeds."),
        ),
        when=SIMULATION,
    ),
)

SIMULATION_FILES = (*TRUTH, *HELD)
