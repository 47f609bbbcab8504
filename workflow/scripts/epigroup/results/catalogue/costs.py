"""What strategies cost: the words of the table."""

from epigroup.results.catalogue.record import Column, ResultFile

CHANGES_NO_RESULT = ("*",)

SEARCHED = "all trials of the search of its learning rates, counted whole for each seed that uses its rates"
HEADS = (
    "training the networks that its groups are made from: those whose heads are clustered, or that an affinity is "
    "measured on (for `hoa` all pairs too; a training that an affinity repeats counts as the affinity's)"
)
WARM_START = "training the network that its groups start from"
TEACHERS = "training the networks whose scores it learns in place of labels"
NO_NETWORK = (
    "0 without one, for an affinity of an untrained network and for a choice; NaN where none is trained"
)
# What was spent before: the stem of its columns, what is counted of hours and of FLOP, and where it is none.
SPENT = (
    ("search", {"hours": SEARCHED, "flop": SEARCHED}, "0 without one and for a choice"),
    (
        "affinity",
        {
            "hours": "measuring the affinity that its groups are made by, with what was collected while a network "
            "trained",
            "flop": "a training that is repeated for the affinity that its groups are made by; nothing else of the "
            "measurement counts",
        },
        "0 without one and for a choice",
    ),
    ("heads", {"hours": HEADS, "flop": HEADS}, NO_NETWORK),
    ("warm_start", {"hours": WARM_START, "flop": WARM_START}, NO_NETWORK),
    ("teachers", {"hours": TEACHERS, "flop": TEACHERS}, NO_NETWORK),
)

COSTS = ResultFile(
    "costs",
    "comparison/costs.tsv",
    "What each strategy cost to train, alone and with what it needs before it; a row a strategy and seed. A pool "
    "has the means of its strategies. NaN: what a network cost that is not trained. Clustering, the covariance of "
    "hidden features, data set and evaluation are not counted.",
    (
        Column("strategy", "Name of the strategy, choice or pool.", needed=True),
        Column("seed", "The seed; `all`: mean over the seeds.", needed=True),
        Column("device", "`cpu`, `cuda` or `auto`; `mixed` where its networks differ.", needed=True),
        Column("networks", "Number of networks that the strategy trains; 0 for a choice."),
        Column("steps", "Number of steps of training of all these networks; 0 for a choice."),
        Column(
            "hours",
            "Hours of training and validation, on a CPU times the threads of the job; 0 for a choice.",
            needed=True,
        ),
        Column(
            "flop",
            "Floating-point operations of training, with balancing; 0 for a choice.",
            needed=True,
        ),
        *(
            Column(f"{key}_{unit}", f"{unit_words} of {words[unit]}; {ends_with}.")
            for key, words, ends_with in SPENT
            for unit, unit_words in (("hours", "Hours"), ("flop", "Floating-point operations"))
        ),
        Column(
            "needs",
            "Strategies that were trained before, theirs too, parted by blanks; `mixed` for a pool whose "
            "strategies differ.",
            needed=True,
        ),
        *(
            Column(
                f"{unit}_in_all",
                f"{words} of the strategy and of all that was needed before it, networks, searches and affinities, "
                "each once; of a choice those of all its candidates.",
                needed=True,
            )
            for unit, words in (("hours", "Hours"), ("flop", "Floating-point operations"))
        ),
    ),
)
