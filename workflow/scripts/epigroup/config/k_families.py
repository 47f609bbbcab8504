"""Ways of grouping in a config that differ in the number of groups alone."""

import json
from collections.abc import Mapping
from itertools import product
from typing import Any

from epigroup.grouping import METHODS

# Methods whose groups are found, so that K is a question; all others are told it by the sheet, a table, or a rival.
FOUND = tuple(
    name
    for name, (_, reads, _) in METHODS.items()
    if {"vectors", "heads", "labels", "affinity", "of"} & set(reads)
)


def families(config: Mapping[str, Any]) -> list[dict]:
    """Ways of grouping that differ in K alone and have two K or more, trained or in the sweep.

    Each: family (in words), method, vectors ("" for an affinity), swept (whether the sweep clusters so) and
    strategies, [name, grouping, K] ascending by K: those whose groupings are alike but for K and that train
    alike; the first of each K.
    """
    found: dict[str, dict] = {}
    sweep = config.get("sweep")
    for name, strategy in config["strategies"].items():
        spec = config["groupings"][strategy["grouping"]]
        if spec["method"] not in FOUND or spec["k"] is None:
            continue
        own = {
            key: value
            for key, value in strategy.items()
            if key not in ("grouping", "seeds", "groups_per_pack")
        }
        key = json.dumps([{k: v for k, v in spec.items() if k != "k"}, own], sort_keys=True)
        family = found.setdefault(key, _family(spec, sweep))
        if spec["k"] not in [k for _, _, k in family["strategies"]]:
            family["strategies"].append([name, strategy["grouping"], spec["k"]])
    if sweep is not None:
        known = {(one["method"], one["vectors"]) for one in found.values() if one["swept"]}
        for method, vectors in product(sweep["methods"], sweep["vectors"]):
            if (method, vectors) not in known:
                found[f"{method} {vectors}"] = {
                    "family": f"{method} on {vectors} of {sweep['heads_from']}", "method": method, "vectors": vectors,
                    "swept": True, "strategies": [],
                }  # fmt: skip
    swept = sweep["k"] if sweep else []
    kept = [
        family | {"strategies": sorted(family["strategies"], key=lambda row: row[2])}
        for family in found.values()
        if len({k for *_, k in family["strategies"]} | set(swept if family["swept"] else [])) > 1
    ]
    words = [family["family"] for family in kept]
    return [
        family | {"family": f"{family['family']} ({family['strategies'][0][0]})"}
        if words.count(family["family"]) > 1 and family["strategies"]
        else family
        for family in kept
    ]


def _family(spec: Mapping[str, Any], sweep: Mapping[str, Any] | None) -> dict:
    by_affinity = spec["affinity"] is not None
    on = f"of affinity {spec['affinity']}" if by_affinity else f"on {spec['vectors']} of {spec['heads_from']}"
    if spec["vectors"] == "labels" and not by_affinity:
        on = "on labels"
    plain = not spec["append"] and spec["tasks"] is None and spec["graph"] == "rbf"
    return {
        "family": f"{spec['method']} {on}",
        "method": spec["method"],
        "vectors": "" if by_affinity else spec["vectors"],
        "swept": sweep is not None
        and plain
        and spec["method"] in sweep["methods"]
        and spec["vectors"] in sweep["vectors"]
        and (spec["heads_from"] == sweep["heads_from"] or spec["vectors"] == "labels"),
        "strategies": [],
    }
