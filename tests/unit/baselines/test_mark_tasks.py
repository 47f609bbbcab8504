"""Tasks are marked by how far a network is above a baseline, draw by draw; files of other runs are refused."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as reference

from epigroup.baselines.mark_tasks import mark_tasks
from epigroup.core.errors import InputError
from epigroup.evaluation.bootstrap import draw_blocks
from epigroup.evaluation.predictions import choose_blocks
from scored_examples import TASKS, PlantedEvaluation, planted_split


def test_a_network_is_held_against_a_baseline_draw_by_draw(tmp_path):
    """Two seeds and a baseline over the same draws, written out and given to scikit-learn."""
    place = PlantedEvaluation(tmp_path)
    truth, runs = place.test["labels"], {}
    noise = np.random.default_rng(7)
    for name, lift in (("net1", 0.06), ("net2", 0.05), ("kmer", 0.0)):
        moved = place.test["probability"].astype(float) + lift * truth + noise.normal(0, 0.04, truth.shape)
        runs[name] = np.clip(moved, 0, 1).astype(np.float16)
        (place.path / name).mkdir()
    for name, scores in runs.items():
        place.test = place.test | {"probability": scores}
        place.run()
        for file in ("metrics.tsv", "blocks.h5"):
            (place.path / file).rename(place.path / name / file)
    metrics, blocks = ([place.path / name / file for name in runs] for file in ("metrics.tsv", "blocks.h5"))
    cfg = {"runs": [["NET", 1], ["NET", 2]], "baselines": ["kmer"]}
    cfg["tasks"] = [{"task_id": task, "modality": "CA"} for task in TASKS]
    outputs = [place.path / f"{name}.tsv" for name in ("baselines", "marks", "red_line")]
    mark_tasks(metrics[:2], metrics[2:], blocks[:2], blocks[2:], *outputs, cfg)
    marks = pd.read_csv(outputs[1], sep="\t", keep_default_na=False, na_values=["NaN"]).set_index("task_id")
    of = choose_blocks(place.test["chrom"], place.test["start"])
    weights = draw_blocks(len(of.chrom), place.draws, 1).astype(int)
    for i, task in enumerate(TASKS[:2]):
        apart = []
        for draw in weights:
            rows = np.repeat(np.arange(len(truth)), draw[of.of])
            one, two, simple = (
                reference.average_precision_score(truth[rows, i], scores[rows, i].astype(float))
                for scores in runs.values()
            )
            apart.append((one + two) / 2 - simple)
        low, high = np.quantile(apart, [0.025, 0.975])
        row = marks.loc[task]
        assert row["difference_low"] == pytest.approx(low, abs=1e-6)  # draws are kept in float32
        assert row["difference_high"] == pytest.approx(high, abs=1e-6)
        assert row["mark"] == ("" if low > 0 else "not shown") and row["difference"] > 0
    # the interval of the difference is far narrower than that of the network alone
    alone = pd.read_csv(metrics[0], sep="\t").set_index("task_id").loc["a"]
    width = marks.loc["a", "difference_high"] - marks.loc["a", "difference_low"]
    assert width < 0.7 * (alone["test_auprc_high"] - alone["test_auprc_low"])
    assert marks.loc["a", "mark"] == "" and np.isnan(marks.loc["d", "difference_low"])
    against = pd.read_csv(outputs[2], sep="\t").set_index("strategy").loc["NET"]
    assert against["baseline"] == "kmer" and against["n_seeds"] == 2 and against["verdict"] == "beats"
    for score, key in (("auprc", "difference"), ("f1", "f1_difference")):
        one, two, simple = (pd.read_csv(path, sep="\t")[f"test_{score}"] for path in metrics)
        assert against[key] == pytest.approx(((one + two) / 2 - simple).mean(), abs=1e-7)
    swapped = [metrics[1], metrics[0]]
    with pytest.raises(
        InputError, match=r"net2/metrics.tsv: test_f1 of task 'a' .*net1/blocks.h5: .*different runs"
    ):
        mark_tasks(swapped, metrics[2:], blocks[:2], blocks[2:], *outputs, cfg)
    with pytest.raises(
        InputError, match=r"net1/metrics.tsv: test_f1 of task 'a' .*kmer/blocks.h5: .*different runs"
    ):
        mark_tasks(metrics[:2], metrics[:1], blocks[:2], blocks[2:], *outputs, cfg)
    place.test = planted_split(2000, 3, spread=30_000_000)
    place.run()
    with pytest.raises(InputError, match="its test blocks are not those of"):
        mark_tasks(metrics[:2], metrics[2:], blocks[:2], [place.path / "blocks.h5"], *outputs, cfg)
