# The precision of a run: what is measured for it, and who reads it.
from epigroup.precision import check_devices, in_precision

checked(
    check_devices,
    {name: tuple(settings("training", name)[key] for key in ("device", "precision")) for name in STRATEGIES},
    CONFIG_SOURCE,
)


def precision_of(strategy):
    """Where the precision of a strategy's trainings stands. Its content counts, by the settings it leads to, not its
    date: a second measurement of the same choice reruns nothing."""
    return ancient(f"{RESULTS}/calibration/{training_device(strategy)}.json")


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
