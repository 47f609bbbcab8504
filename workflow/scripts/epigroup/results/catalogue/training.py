"""Trainings, searches of their learning rates and the patience study: what a run leaves of these."""

from epigroup.results.catalogue.record import Column, ResultFile

CHANGES_NO_RESULT = ("*",)

SEARCH = "a strategy that names a search"
STUDY = "`patience_study`"
LABELS = "`dataset.targets: labels`"
SIGNALS = "`dataset.targets: signal`"
GROUP = "Number of the group, from 0: that of `groups.tsv`."
CURVE = (
    Column("group", GROUP, needed=True),
    Column("step", "Steps of training so far.", needed=True),
    Column("examples", "Examples shown so far."),
    Column(
        "train_loss",
        "Mean loss of an example and task since the validation before; unweighted over tasks.",
        needed=True,
    ),
    Column("validation_loss", "Mean loss on the validation examples, unweighted over tasks.", needed=True),
    Column("seconds", "Seconds of training and validation so far."),
    Column(
        "look_ahead_seconds",
        "Of these, seconds of collecting affinities so far.",
        when="an affinity of the measure `tag` with `network: training`",
    ),
)
TRIAL = (
    Column("group", GROUP, needed=True),
    Column("phase", "`coarse` or `fine` (`two_phase`), or `halving`.", needed=True),
    Column("learning_rate", "The rate that was tried.", needed=True),
    Column("steps", "Steps that the trial trained.", needed=True),
    Column("best_step", "Step of its lowest validation loss."),
    Column(
        "validation_loss", "Its lowest validation loss; `inf` where the loss was not finite.", needed=True
    ),
    Column("seconds", "Seconds of training and validation."),
    Column(
        "ended",
        "Why it ended: `max_steps`, `patience`, `stopped` (by halving) or `diverged`.",
    ),
)
CHOICE = (
    Column("what", "What was chosen: `layout` or `packing`."),
    Column("choice", "What was fastest here."),
    Column("processor", "Model of the processor."),
    Column("torch", "Version of PyTorch."),
    Column("network", "The network's layers."),
    Column("precision", "Numbers of the trunk: `bf16` or `fp32`."),
    Column("batch_size", "Examples a step."),
    Column("window", "Sequence that the network reads, bp.", when="a choice of `layout`"),
    Column("threads", "CPU threads.", when="a choice of `layout`"),
    Column("balancing", "`training.balancing`.", when="a choice of `packing`"),
    Column("at_once", "Groups trained at once by each way of packing.", when="a choice of `packing`"),
)

TRAINING_FILES = (
    ResultFile(
        "precision",
        "calibration/{device}.json",
        "The precision that the trainings on a device take.",
        (
            Column("device", "`cpu`, `cuda` or `auto`, as in the config."),
            Column("precision", "`bf16` or `fp32`."),
        ),
    ),
    ResultFile(
        "processor_choice",
        "calibration/processors/{what}.{digest}.json",
        "What was measured to be fastest on a processor model, for the other jobs of the run.",
        CHOICE,
        when="`training.layout` or `training.packing` is left open",
    ),
    ResultFile(
        "device",
        "checks/device.json",
        "The device that trainings on a GPU found.",
        (
            Column("device", "`cpu` or `cuda`."),
            Column("name", "Model of the GPU, or `CPU`."),
            Column("torch", "Version of PyTorch."),
        ),
        when="a strategy trains with `training.device: cuda` or `auto`",
    ),
    ResultFile(
        "curves",
        "models/{strategy}/seed{seed}/pack{pack}.curves.tsv",
        "The course of the trainings of one job; a row a validation of each group.",
        CURVE,
    ),
    ResultFile(
        "models",
        "models/{strategy}/seed{seed}/pack{pack}.safetensors",
        "The networks that one job trained, with what they were trained with.",
    ),
    ResultFile(
        "serving",
        "models/{strategy}/seed{seed}/serving.tsv",
        "Which group's network serves each task, chosen on validation.",
        (
            Column("task_id", "The task."),
            Column("group", "The group whose network serves it."),
            Column("n_groups", "Groups that the task is in."),
            Column("validation_auprc", "Average precision of that network on validation.", when=LABELS),
            Column("validation_pearson", "Pearson's r of that network on validation.", when=SIGNALS),
            Column("groups", "All its groups, each with its figure, as `0:0.41 1:0.38`."),
        ),
        when="a grouping with `overlap: true`",
    ),
    ResultFile(
        "heads",
        "heads/{strategy}/seed{seed}/heads.h5",
        "The head weights of a network of all tasks, of its best validation.",
        (
            Column("E", "float32 (tasks, hidden units): the weights of each task's output."),
            Column("bias", "float32 (tasks): the bias of each task's output."),
            Column("task_id", "The tasks, in the order of the rows."),
        ),
        when="groupings, the sweep or figures look at a strategy's heads",
    ),
    ResultFile(
        "trials",
        "search/{strategy}/seed{seed}/trials.tsv",
        "All trials of the search of a strategy's learning rates.",
        (
            *TRIAL,
            Column("networks", "Groups that share the rate.", needed=True),
            Column(
                "mean_loss",
                "Mean of their lowest validation losses at this rate; the lowest mean wins.",
                needed=True,
            ),
            Column("chosen", "1: this rate won; else 0.", needed=True),
        ),
        when=SEARCH,
    ),
    ResultFile(
        "rates",
        "search/{strategy}/seed{seed}/rates.tsv",
        "The learning rate that each group is trained with.",
        (
            Column("group", GROUP),
            Column("learning_rate", "Its rate: of the lowest validation loss, the smaller of equal ones."),
        ),
        when=SEARCH,
    ),
    ResultFile(
        "part_trials",
        "search/{strategy}/seed{seed}/{phase}{part}.tsv",
        "The trials that one job ran.",
        tuple(Column(one.name, one.meaning, when=one.when) for one in TRIAL),
        when=SEARCH,
    ),
    ResultFile(
        "study",
        "patience/{strategy}/seed{seed}/study.tsv",
        "How much patience each profile of the study would have needed; a row a profile.",
        (
            Column("task_id", "The profile.", needed=True),
            Column("modality", "Its modality.", needed=True),
            Column("share_train", "Share of its training examples that are positive, 0 to 1.", needed=True),
            Column("validations", "Validations of its full course."),
            Column("steps", "Steps of its full course."),
            Column("best_step", "Step of the lowest validation loss.", needed=True),
            Column("best_loss", "That loss.", needed=True),
            Column(
                "safe_patience",
                "Longest run of validations from one minimum to the next: the least patience that reaches the lowest "
                "loss.",
                needed=True,
            ),
            Column(
                "best_at_end",
                "1: the last validation was the lowest, so that a longer course may ask for more; else 0.",
                needed=True,
            ),
        ),
        when=STUDY,
    ),
    ResultFile(
        "regret",
        "patience/{strategy}/seed{seed}/regret.tsv",
        "What a shorter patience would have lost; a row a patience and profile.",
        (
            Column("patience", "Validations without a new minimum after which training stops.", needed=True),
            Column("task_id", "The profile.", needed=True),
            Column("stop_step", "Step at which it would have stopped."),
            Column("loss", "Lowest validation loss until then.", needed=True),
            Column("regret", "That loss less the lowest of the whole course.", needed=True),
            Column(
                "steps_share",
                "Share of the course's steps that would have been trained, 0 to 1.",
                needed=True,
            ),
        ),
        when=STUDY,
    ),
    ResultFile(
        "study_groups",
        "patience/{strategy}/seed{seed}/groups.tsv",
        "The profiles of the study, each a group of its own.",
        (Column("task_id", "The profile.", needed=True), Column("group", GROUP, needed=True)),
        when=STUDY,
    ),
    ResultFile(
        "study_curves",
        "patience/{strategy}/seed{seed}/pack{pack}.curves.tsv",
        "The course of the study's trainings of one job, without early stopping.",
        CURVE[:-1],
        when=STUDY,
    ),
)
