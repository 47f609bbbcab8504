"""Groups and packs follow from config and sheet alone."""

import pandas as pd
import pytest

from epigroup.config.settings import complete_config
from epigroup.config.strategies import count_groups, count_packs, grouping_seeds, grouping_tasks, head_seeds
from epigroup.core.errors import InputError

TABLE = pd.DataFrame(
    {
        "task_id": list("abcdef"),
        "modality": ["CA", "CA", "HM", "HM", "TFB", "TFB"],
        "cell_group": ["x", "y", "x", "y", "x", "x"],
    }
)


BASE = {
    "samples": "s.tsv",
    "genome": {"fasta": "g.fa", "assembly": "x", "chromosomes": ["c1", "c2"]},
    "splits": {"validation": [{"chrom": "c1"}], "test": [{"chrom": "c2"}]},
}


def config(**groupings):
    strategies = {name.upper(): {"grouping": name, "groups_per_pack": 4} for name in groupings}
    return complete_config(BASE | {"groupings": groupings, "strategies": strategies})


def test_counts():
    full = config(
        single={"method": "single"},
        all={"method": "all"},
        km={"method": "kmeans", "k": 5, "heads_from": "ALL"},
        rnd={"method": "random", "like": "km"},
        event={"method": "sheet", "columns": ["modality"]},
        both={"method": "sheet", "columns": ["modality", "cell_group"]},
        few={"method": "single", "tasks": ["e", "b"]},
    )
    groups = {name: count_groups(full, name, TABLE) for name in full["groupings"]}
    assert groups == {"single": 6, "all": 1, "km": 5, "rnd": 5, "event": 3, "both": 5, "few": 2}
    assert count_packs(full, "SINGLE", TABLE) == 2 and count_packs(full, "ALL", TABLE) == 1
    assert list(grouping_tasks(full, "few", TABLE)["task_id"]) == ["b", "e"]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"method": "kmeans", "heads_from": "ALL"}, "groupings.g.k"),
        ({"method": "kmeans", "k": 7, "heads_from": "ALL"}, "7 groups of 6 tasks"),
        ({"method": "sheet", "columns": ["donor"]}, "donor"),
        ({"method": "sheet"}, "groupings.g.columns"),
        ({"method": "single", "tasks": ["a", "zz"]}, "zz"),
    ],
)
def test_what_cannot_be_counted_is_named(spec, words):
    with pytest.raises(InputError, match=words):
        count_groups(config(g=spec, all={"method": "all"}), "g", TABLE)


def test_seeds_of_a_grouping_and_of_the_heads_it_reads():
    groupings = {
        "all": {"method": "all"},
        "km": {"method": "kmeans", "k": 2, "heads_from": "ALL"},
        "vote": {"method": "consensus", "k": 2, "heads_from": "ALL"},
        "few": {"method": "consensus", "k": 2, "heads_from": "ALL", "heads_seeds": [3, 1]},
        "own": {"method": "random", "like": "km"},
        "sheet": {"method": "sheet", "columns": ["modality"]},
    }
    strategies = {"ALL": {"grouping": "all", "seeds": [1, 2, 3]}, "KM": {"grouping": "km", "seeds": [2]}}
    full = complete_config(BASE | {"groupings": groupings, "strategies": strategies, "seeds": [1, 2, 3, 4]})
    seeds = {name: grouping_seeds(full, name) for name in groupings}
    assert seeds["km"] == seeds["own"] == [2] and seeds["sheet"] == [1, 2, 3, 4]
    assert seeds["vote"] == seeds["all"] == [1, 2, 3]
    assert head_seeds(full, "km", 2) == [2]
    assert head_seeds(full, "vote", 2) == [1, 2, 3] and head_seeds(full, "few", 2) == [3, 1]
