# The precision of a run: what is measured for it, and who reads it.
from epigroup.training.precision import check_devices, with_precision

checked(
    check_devices,
    {name: tuple(settings("training", name)[key] for key in ("device", "precision")) for name in STRATEGIES},
    CONFIG_SOURCE,
)


def precision_file(device):
    return f"{RESULTS}/calibration/{device}.json"


def in_precision(training):
    """Training settings with the precision that stands there; before it does, as they are: Snakemake asks again before
    it starts a job. By wildcards alone: params that are functions of `input` are not compared."""
    return checked(with_precision, training, precision_file(training["device"]))


def precision_of(strategy):
    """Where the precision of a strategy's trainings stands. Its content counts, by the settings it leads to, not its
    date: a second measurement of the same choice reruns nothing."""
    return ancient(precision_file(training_device(strategy)))


def calibration_settings(wildcards):
    """The networks that are trained on a device in a precision that the config leaves open, each once."""
    trained = [settings("training", name) for name in STRATEGIES]
    here = [training for training in trained if training["device"] == wildcards.device]
    free = [training for training in here if training["precision"] == "auto"]
    cases = {
        repr([training["network"], training["batch_size"]]): {
            "network": training["network"],
            "batch_size": training["batch_size"],
            "window": config["dataset"]["window"],
        }
        for training in free
    }
    named = None if free else here[0]["precision"]
    return config_settings.canonical(
        {"device": wildcards.device, "named": named, "networks": [cases[key] for key in sorted(cases)]}
    )
