"""How networks were trained, and learning rates searched, in words."""

from collections.abc import Mapping

from epigroup.networks.architecture import DILATED, DILATED_WIDTH, LAST_UNPOOLED, POSITIONS
from epigroup.training.example_weights import HEAVIEST

OPTIMISERS = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW"}
KEPT = {
    "group": "the weights of the minimum were kept",
    "task": "each task is scored with the weights of the validation at which its own loss was lowest",
}
BALANCING = {
    "uncertainty": "by learned uncertainties (Kendall et al. 2018)",
    "dwa": "by dynamic weight average (Liu et al. 2019)",
    "famo": "by FAMO (Liu et al. 2023)",
    "gradnorm": "by GradNorm (Chen et al. 2018)",
    "pcgrad": "by PCGrad (Yu et al. 2020)",
    "nash_mtl": "by Nash-MTL (Navon et al. 2022)",
    "reptile": "by Reptile (Nichol et al. 2018), which trains for a start from which each is learnt in few steps",
}
SCALES = {
    "mean": "averaged over examples and the group's tasks",
    "sum": "averaged over examples and added up over the group's tasks",
    "per_task": "averaged over examples and the group's tasks, the gradients of a task's output layer not divided by "
    "their number",
}
LOSSES = {
    "bce": "the binary cross-entropy",
    "focal": "the focal loss with gamma {gamma:g}",
    "poisson": "the Poisson loss",
    "poisson_multinomial": "the multinomial loss of the signal's shares over the group's tasks and, with weight "
    "{total:g}, the Poisson loss of its sum",
    "mse": "the squared error",
}


def training_text(training: Mapping) -> list[str]:
    """One paragraph for the settings that most strategies share, one sentence for each that differs."""
    if not training:
        return []
    texts = {name: one_training(settings) for name, settings in training.items()}
    common = max(texts.values(), key=list(texts.values()).count)
    odd = [f"{name}: {text}" for name, text in texts.items() if text != common]
    return [common + (" Strategies trained otherwise: " + " ".join(odd) if odd else "")]


def one_training(settings: dict) -> str:
    """Training settings in words."""
    network = settings["network"]
    found = settings["learning_rate"] is None
    rate = "learning rates found by search" if found else f"learning rate {settings['learning_rate']:g}"
    momentum = f", momentum {settings['momentum']:g}" if settings["optimiser"] == "sgd" else ""
    strands = "shown on a random strand" if settings["reverse_complement"] else "shown on the forward strand"
    if settings["jitter"]:
        strands += f" in windows shifted at random by up to {settings['jitter']} bp"
    if settings["sampling"] == "balanced":
        strands += ", half of them with a positive of the group's tasks"
    if settings["sampling"] == "weighted":
        strands += (
            ", drawn with a chance proportional to the mean, over the group's tasks, of label over share of "
            f"positives (at least 1, at most {HEAVIEST:g})"
        )
    hidden = (
        f"{network['hidden']} units that the tasks of a group share"
        if network["head"] == "shared"
        else f"{network['private_hidden']} units for each task alone"
    )
    return (
        f"The network “{network['name']}” has {convolutions_text(network)}, dropout "
        f"{', '.join(f'{d:g}' for d in network['dropout'])}, a hidden layer of {hidden}, and one output a task. "
        "It was trained with "
        f"{OPTIMISERS.get(settings['optimiser'], settings['optimiser'])} "
        f"({rate}{momentum}, weight decay "
        f"{settings['weight_decay']:g}) on {loss_text(settings)}, "
        f"{SCALES[settings['loss_scale']]}, in batches of {settings['batch_size']} examples "
        f"{strands}, for at most {settings['max_steps']:,} steps. "
        f"{descent_text(settings)}{rate_text(settings)}"
        f"The validation loss was computed every {settings['validate_every']:,} steps; training stopped "
        f"after {settings['patience']} validations without a new "
        f"minimum, and {KEPT[settings['keep']]}."
    )


def convolutions_text(network: Mapping) -> str:
    """The convolutions and poolings of a network, in words."""
    if network["name"] == DILATED:
        return dilated_text(network)
    n, filters = len(network["channels"]), ", ".join(map(str, network["channels"]))
    convolutions = "one convolution" if n == 1 else f"{n} convolutions"
    pooled = "all but the last" if network["name"] in LAST_UNPOOLED else "each"
    return (
        f"{convolutions} of {filters} filters of width {network['filter_width']}, {pooled} followed by max pooling "
        f"of {network['pool']}"
    )


def dilated_text(network: Mapping) -> str:
    """The same of the network `dilated`."""
    [filters], n = network["channels"], network["dilated_blocks"]
    residual = "one residual convolution" if n == 1 else f"{n} residual convolutions"
    dilations = "" if n == 1 else f" and dilations that double from 1 to {2 ** (n - 1)}"
    return (
        f"one convolution of {filters} filters of width {network['filter_width']}, max pooling of {network['pool']}, "
        f"{residual} of as many filters, width {DILATED_WIDTH}{dilations}, max pooling to about {POSITIONS} positions"
    )


def descent_text(settings: dict) -> str:
    """How the tasks of a group share the descent and where it begins, where that is out of the ordinary."""
    text, name = "", settings["balancing"]
    if name != "none":
        how = BALANCING.get(name, f"by “{name}”")
        if name == "famo" and settings.get("balancing_smoothing"):
            how += " with losses smoothed over steps"
        text += (
            f"In the training of groups of several tasks these were balanced {how}; "
            "losses that are shown, and that stopped training, are means without these weights. "
        )
    if settings.get("warm_start") is not None:
        text += f"Networks started from that of {settings['warm_start']} with the same seed, not from random weights. "
    if settings.get("teacher") is not None:
        share = settings["teacher_share"]
        mixed = "" if share == 1 else f", with weight {share:g} beside the labels"
        text += (
            f"Networks learnt the scores of {settings['teacher']} in place of labels{mixed} (distillation). "
        )
    if settings.get("adapter_rank"):
        layers = "the convolutions" + (
            " and the hidden layer" if settings["network"]["head"] == "shared" else ""
        )
        text += (
            "Of these, what belongs to single tasks was trained in full, and of the weights of "
            f"{layers} a change of rank {settings['adapter_rank']} (LoRA); the biases there stayed as they were. "
        )
    return text


def rate_text(settings: dict) -> str:
    """How the learning rate went, and which weights were validated, where that is out of the ordinary."""
    parts = []
    if settings["warm_up"]:
        parts.append(f"rose evenly over the first {settings['warm_up']:,} steps")
    if settings["schedule"] == "cosine":
        parts.append(f"fell by half a cosine to {100 * settings['final_rate']:g} % at the last step")
    if settings["schedule"] == "plateau":
        n = settings["plateau_patience"]
        validations = "a validation" if n == 1 else f"{n} validations in a row"
        parts.append(
            f"was multiplied by {settings['plateau_factor']:g} after {validations} without a new minimum"
        )
    text = f"The learning rate {' and '.join(parts)}. " if parts else ""
    if settings["averaging"]:
        text += (
            "Validated and kept was the exponential moving average of the weights over the steps, decay "
            f"{settings['averaging']:g}. "
        )
    return text


def loss_text(settings: dict) -> str:
    """The loss in words."""
    words = LOSSES.get(settings["loss"], f"the loss “{settings['loss']}”").format(
        gamma=settings["focal_gamma"], total=settings["total_weight"]
    )
    weight = settings["positive_weights"]
    if weight == "none":
        return words
    if weight == "balanced":
        weight = (
            "by the training set's ratio of negatives to positives of the task (at most "
            f"{settings['max_positive_weight']:g})"
        )
        return f"{words}, positives weighted {weight}"
    return f"{words}, positives weighted by {weight:g}"


def search_text(config: dict) -> list[str]:
    """How learning rates were found, a sentence a search that strategies use."""
    texts = []
    for name, spec in config.get("searches", {}).items():
        users = [s for s, strategy in config["strategies"].items() if strategy.get("search") == name]
        if not users:
            continue
        if spec.get("rates"):
            tried = ", ".join(f"{rate:g}" for rate in spec["rates"])
        else:
            low, high = spec["range"]
            tried = f"{spec['trials']} drawn between {low:g} and {high:g} on a log scale"
        how = (
            f"and then the best of them less and plus {spec['refine']:g}"
            if spec["method"] == "two_phase"
            else f"by asynchronous successive halving (reduction {spec['reduction']}, Optuna)"
        )
        whom = (
            f"{spec['tasks']} tasks drawn from the modalities, whose lowest mean loss chose one rate for all"
            if "tasks" in spec
            else "each group"
        )
        texts.append(
            f"Learning rates of {', '.join(users)}: {tried}, {how}, were tried on {whom}, each for "
            f"{100 * spec['steps_share']:g} % of the steps, and judged by the lowest validation loss."
        )
    return [" ".join(texts)] if texts else []
