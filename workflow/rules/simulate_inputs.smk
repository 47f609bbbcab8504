# What the simulation is told.

SIMULATION = f"{RESULTS}/simulation"
# The section's keys that concern reads; the others make genome and sites.
READ_KEYS = ("read_length", "fragments_per_site", "background_per_kb")


def simulated_peaks():
    """Peak files of the sheet that the simulation makes."""
    paths = [PROFILES[task].replicates[0].peaks for task in ALL_TASKS]
    return [path for path in paths if path and path.startswith(f"{SIMULATION}/")]


def genome_settings():
    rows = []
    for task in ALL_TASKS:
        profile = PROFILES[task]
        path = profile.replicates[0].peaks
        facts = {key: getattr(profile, key) for key in ("profile_id", "modality", "cell_group", "peak_mode")}
        rows.append(facts | {"peaks": path if path in simulated_peaks() else None})
    return {
        **{key: value for key, value in settings("simulation").items() if key not in READ_KEYS},
        "chromosomes": CHROMOSOMES,
        "bin_size": config["dataset"]["bin_size"],
        "min_overlap": config["dataset"]["min_overlap"],
        "profiles": rows,
    }


def reads_settings(wildcards):
    profile = PROFILES[wildcards.profile]
    return {
        **{key: config["simulation"][key] for key in ("seed", *READ_KEYS)},
        "profile": {key: getattr(profile, key) for key in ("profile_id", "assay", "modality", "peak_mode")},
        "replicate": int(wildcards.get("replicate", 1)),
    }
