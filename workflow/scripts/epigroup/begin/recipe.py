"""How networks are trained, as the examples on real data have it: the one place where its numbers stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from epigroup import WORKFLOW

EXAMPLE = WORKFLOW.parent / "config" / "human_chr20.yaml"
OF_POINTS = WORKFLOW.parent / "config" / "yeast_chipexo.yaml"


@dataclass(frozen=True)
class Recipe:
    """Sections of the example's config, and of its strategies: `more`, the settings of one network that goes on from
    another; `few`, those of groups that start from it. k: groups that it clusters; alone: groups of a job of STL;
    flank: bp by which the example of points widens them."""

    training: Mapping[str, Any]
    evaluation: Mapping[str, Any]
    max_jitter: int
    more: Mapping[str, Any]
    few: Mapping[str, Any]
    k: int
    alone: int
    flank: int


def read_recipe() -> Recipe:
    config, of_points = (yaml.safe_load(path.read_text(encoding="utf-8")) for path in (EXAMPLE, OF_POINTS))
    strategies = config["strategies"]
    return Recipe(
        training=config["training"],
        evaluation=config["evaluation"],
        max_jitter=config["dataset"]["max_jitter"],
        more=strategies["MORE"]["training"],
        few=strategies["LABELS"]["training"],
        k=config["groupings"]["labels"]["k"],
        alone=strategies["STL"]["groups_per_pack"],
        flank=of_points["peaks"]["point_flank"],
    )
