"""Trainings, searches of their learning rates and the patience study: what a run leaves of these."""

from epigroup.results.catalogue.conditions import LABELS, SIGNALS
from epigroup.results.catalogue.record import Column, ResultFile

CHANGES_NO_RESULT = ("*",)

SEARCH = "a strategy that names a search"
STUDY = "`patience_study`"
GROUP = "Number of the group, from 0: that of `groups.tsv`."
CURVE = (
    Column("group", GROUP, needed=True),
    Column("step", "Number of steps of training so far.", needed=True),
    Column("examples", "Number of examples shown so far."),
    Column(
        "train_loss",
        "Mean loss of an example and task since the validation before; unweighted over tasks.",
        needed=True,
    ),
    Column("validation_loss", "Mean loss on the validation examples, unweighted over tasks.", needed=True),
    Column("seconds", "Seconds of training and validation so far."),
    Column(
        "look_ahead_seconds",
        "Seconds of collecting affinities so far, which `seconds` holds too.",
        when="an affinity of the measure `tag` with `network: training`",
    ),
)
TRIAL = (
    Column("group", GROUP, needed=True),
    Column("phase", "`coarse` or `fine` (`two_phase`), or `halving`.", needed=True),
    Column("learning_rate", "The rate that was tried.", needed=True),
    Column("steps", "Number of steps that the trial trained.", needed=True),
    Column("best_step", "Step of the trial's lowest validation loss."),
    Column(
        "validation_loss",
        "Lowest validation loss of the trial, mean over examples and tasks; `inf` where the loss was not finite.",
        needed=True,
    ),
    Column("seconds", "Seconds of training and validation of the trial."),
    Column(
        "ended",
        "Why the trial ended: `max_steps`, `patience`, `stopped` (by halving) or `diverged`.",
    ),
)
CHOICE = (
    Column("what", "What was chosen: `layout` or `packing`."),
    Column("choice", "The way that was fastest on this processor."),
    Column("processor", "Model of the processor."),
    Column("torch", "Version of PyTorch."),
    Column("network", "The network's layers."),
    Column("precision", "Numbers of the trunk: `bf16` or `fp32`."),
    Column("batch_size", "Number of examples of a step."),
    Column("window", "Length of the sequence that the network reads, bp.", when="a choice of `layout`"),
    Column("threads", "Number of CPU threads.", when="a choice of `layout`"),
    Column(
        "balancing",
        "How the losses of tasks are balanced: `training.balancing` of the config.",
        when="a choice of `packing`",
    ),
    Column(
        "adapter_rank",
        "Rank of the adapters: `training.adapter_rank` of the config.",
        when="a choice of `packing` of a strategy with adapters",
    ),
    Column(
        "at_once", "Number of groups trained at once by each way of packing.", when="a choice of `packing`"
    ),
)

TRAINING_FILES = (
    ResultFile(
        "precision",
        "calibration/{device}.json",
        "The precision that the trainings on a device take.",
        (
            Column("device", "`cpu`, `cuda` or `auto`, as in the config."),
            Column("precision", "Precision of the trainings: `bf16` or `fp32`."),
        ),
    ),
    ResultFile(
        "processor_choice",
        "calibration/processors/{what}.{digest}.json",
        "What was measured to be fastest on a processor model, for the other jobs of the run.",
        CHOICE,
        when="`training.layout` or `training.packing` that is left open",
    ),
    ResultFile(
        "device",
        "checks/device.json",
        "The GPU that was found before the trainings that ask for one; `auto` asks for none.",
        (
            Column("device", "Always `cuda`: a run that asks for a GPU and finds none ends."),
            Column("name", "Model of the GPU."),
            Column("torch", "Version of PyTorch."),
        ),
        when="a strategy that trains with `training.device: cuda`",
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
        "Which group's network serves each task, chosen on validation; a row a task. Only tasks in several groups are "
        "scored for it.",
        (
            Column("task_id", "Name of the task."),
            Column("group", "The group whose network serves it."),
            Column("n_groups", "Number of groups that the task is in."),
            Column(
                "validation_auprc",
                "Average precision on validation of the network that serves the task; `nan` of a task in one group.",
                when=LABELS,
            ),
            Column(
                "validation_pearson",
                "Pearson's r on validation of the network that serves the task; `nan` of a task in one group.",
                when=SIGNALS,
            ),
            Column(
                "groups",
                "All groups of the task, each with the figure of its network, as `0:0.41 1:0.38`; of a task in one "
                "group `nan` stands for the figure, as `0:nan`.",
            ),
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
        when="groupings, a sweep or figures that look at a strategy's heads",
    ),
    ResultFile(
        "trials",
        "search/{strategy}/seed{seed}/trials.tsv",
        "All trials of the search of a strategy's learning rates.",
        (
            *TRIAL,
            Column(
                "networks",
                "Number of groups that were tried with this rate together and share what wins.",
                needed=True,
            ),
            Column(
                "mean_loss",
                "Mean of the lowest validation losses of these groups at this rate; the lowest mean wins.",
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
            Column(
                "learning_rate", "The learning rate of the lowest validation loss, the smaller of equal ones."
            ),
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
            Column("task_id", "Name of the profile.", needed=True),
            Column("modality", "Modality of the profile.", needed=True),
            Column(
                "share_train",
                "Share of the profile's training examples that are positive, 0 to 1.",
                needed=True,
            ),
            Column("validations", "Number of validations of the full course."),
            Column("steps", "Number of steps of the full course."),
            Column("best_step", "Step of the lowest validation loss.", needed=True),
            Column(
                "best_loss", "Lowest validation loss of the full course, mean over examples.", needed=True
            ),
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
            Column("task_id", "Name of the profile.", needed=True),
            Column("stop_step", "Step at which it would have stopped."),
            Column("loss", "Lowest validation loss until that step, mean over examples.", needed=True),
            Column(
                "regret",
                "Lowest validation loss until that step less the lowest of the whole course.",
                needed=True,
            ),
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
        (Column("task_id", "Name of the profile.", needed=True), Column("group", GROUP, needed=True)),
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
