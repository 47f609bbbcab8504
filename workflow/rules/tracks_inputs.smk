# Which files of each profile a genome browser shows.


def signals_of(name):
    """bigWigs of a profile by what they hold: made of its reads, or given."""
    profile = PROFILES[name]
    found = {}
    if profile.kind != "peaks":
        found = {kind: f"{RESULTS}/signals/{name}.{kind}.bw" for kind in ("enrichment", "pvalue")}
    return found | ({"signal": profile.signal} if profile.signal else {})


def shown_profiles():
    return [
        {
            "profile_id": name,
            "modality": PROFILES[name].modality,
            "label": ", ".join(filter(None, (PROFILES[name].target, PROFILES[name].cell_type))),
            "peaks": f"{RESULTS}/peaks/standard/{name}.narrowPeak.gz",
            "bigbed": f"{RESULTS}/tracks/peaks/{name}.bb",
            "signals": signals_of(name),
        }
        for name in TASKS
    ]


def track_settings():
    return {
        "name": config["name"],
        "assembly": config["genome"]["assembly"],
        "chromosome": CHROMOSOMES[0],
        "email": config["tracks"]["email"],
        "profiles": shown_profiles(),
    }
