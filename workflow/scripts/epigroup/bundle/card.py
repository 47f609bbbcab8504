"""The model card of a bundle, README.md in Hugging Face's form: what it is, of what made, how good, for what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import yaml

from epigroup.networks.model_files import ModelInfo

SCORES = ("f1", "auprc", "auroc", "pearson", "spearman", "mse")
WORDS = {
    "f1": "F1", "auprc": "AUPRC", "auroc": "AUROC", "pearson": "Pearson r", "spearman": "Spearman ρ",
    "mse": "squared error",
}  # fmt: skip


@dataclass(frozen=True)
class CardFacts:
    """What the card tells beside the scores. splits: validation and test, spans or what the config says; infos: of the
    model files; members: names, several of an average; weighting: of
    these, `fitted` or `equal`."""

    name: str
    run_name: str
    licence: str
    about: str
    assembly: str
    window: int
    bin_size: int
    chromosomes: tuple[str, ...]
    splits: Mapping[str, Any]
    both_strands: bool
    infos: Sequence[ModelInfo]
    members: Sequence[str]
    weighting: str
    onnx: bool


def card(facts: CardFacts, metrics: pd.DataFrame, told: Mapping[str, Any]) -> str:
    """README.md. metrics: a row a task, as metrics.tsv has them; told: config.json."""
    shown = [score for score in SCORES if f"test_{score}" in metrics]
    means = {score: float(metrics[f"test_{score}"].mean()) for score in shown}
    head = {
        "license": facts.licence,
        "library_name": "pytorch",
        "tags": ["biology", "genomics", "dna", "epigenetics", "multi-task"],
        "model-index": [{
            "name": f"{facts.run_name}: {facts.name}",
            "results": [{
                "task": {"type": "other", "name": f"{len(told['tasks'])} epigenetic profiles from DNA"},
                "dataset": {"type": "other", "name": f"{facts.run_name}, test split", "split": "test"},
                "metrics": [
                    {"type": score, "name": f"mean {WORDS[score]} over tasks", "value": round(value, 4)}
                    for score, value in means.items() if value == value
                ],
            }],
        }],
    }  # fmt: skip
    parts = [
        "---\n" + yaml.safe_dump(head, sort_keys=False, allow_unicode=True) + "---",
        f"# {facts.run_name}: {facts.name}",
        _what(facts, told),
        "## Use\n\n" + _use(facts, told),
        "## Data\n\n" + _data(facts),
        "## Training\n\n" + _training(facts),
        "## Scores on the test split\n\n" + _scores(metrics, shown, means),
        "## Intended use and limits\n\n" + _limits(facts),
    ]
    return "\n\n".join(parts) + "\n"


def _what(facts: CardFacts, told: Mapping[str, Any]) -> str:
    n = sum(len(one["networks"]) for one in told["members"])
    how = {
        "fitted": "weighted mean of {}, on the scale of log-odds, with weights found on validation",
        "equal": "mean of {}, on the scale of log-odds, mapped to probabilities on validation",
    }
    members = f"{len(facts.members)} members ({', '.join(facts.members)})"
    of = f"It is the {how[facts.weighting].format(members)}. " if facts.weighting else ""
    return (
        f"Convolutional networks ({n}) that read {facts.window:,} bp of DNA and score {len(told['tasks'])} epigenetic "
        f"profiles in the {facts.bin_size} bp in the middle. {of}"
        + ("A score is the mean of both strands. " if facts.both_strands else "")
        + (facts.about and f"\n\n{facts.about}")
    ).strip()


def _use(facts: CardFacts, told: Mapping[str, Any]) -> str:
    lines = [
        "`model.py` needs torch and safetensors:",
        '```python\nfrom model import load, one_hot\n\nmodel = load(".")\n'
        f"scores = model(one_hot([sequence]))  # sequence: {facts.window} letters; scores: (1, {len(told['tasks'])})\n"
        "model.tasks  # the names of the columns\n```",
        "`model.logits` is a module of the raw outputs of one strand, for attributions (tangermeme, captum). From a "
        "shell: `python model.py windows.fa > scores.tsv`; `python model.py --check` scores the windows of "
        "`test.safetensors` again.",
    ]
    if facts.onnx:
        lines.append(
            "`model.onnx` (input `sequence` float32 (N, 4, length), rows A, C, G, T; output `score`) is the same for "
            "onnxruntime. `model.yaml` is for Kipoi."
        )
    return "\n\n".join(lines)


def _spans(told: Any) -> str:
    if not isinstance(told, list):
        return str(told)
    return ", ".join(
        one["chrom"]
        + (
            f":{one['start']:,}-{one['end']:,}"
            if one.get("end")
            else f":{one['start']:,}-"
            if one.get("start")
            else ""
        )
        for one in told
    )


def _data(facts: CardFacts) -> str:
    return (
        f"Genome assembly {facts.assembly}; {len(facts.chromosomes)} sequences: {', '.join(facts.chromosomes)}. "
        f"Validation, which chose weights and thresholds: {_spans(facts.splits['validation'])}. Test, which chose "
        f"nothing: {_spans(facts.splits['test'])}. All else was trained on. Checksum of the data set: "
        f"`{facts.infos[0].dataset_hash[:16]}`."
    )


def _training(facts: CardFacts) -> str:
    info = facts.infos[0]
    told = {key: value for key, value in info.settings.items() if value is not None and key != "network"}
    seeds = sorted({one.seed for one in facts.infos})
    return (
        f"Seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}; arithmetic in {info.precision}; torch "
        f"{info.versions.get('torch', 'of an unknown version')}. Settings of the first member:\n\n```yaml\n"
        + yaml.safe_dump({"network": info.network, **told}, sort_keys=True, allow_unicode=True)
        + "```"
    )


def _scores(metrics: pd.DataFrame, shown: Sequence[str], means: Mapping[str, float]) -> str:
    head = ["task", *(WORDS[score] for score in shown)]
    rows = [["mean", *(f"{means[score]:.4f}" for score in shown)]]
    for task in metrics.to_dict("records"):
        rows.append([task["task_id"], *(_with_interval(task, score) for score in shown)])
    lines = [head, ["---"] * len(head), *rows]
    table = "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
    return (
        "Thresholds of F1 were chosen on validation and stand in `config.json`. In brackets: 95 % intervals over draws "
        f"of blocks of the test split, of one training.\n\n{table}"
    )


def _with_interval(task: Mapping[str, Any], score: str) -> str:
    value, low, high = (task.get(f"test_{score}{end}", float("nan")) for end in ("", "_low", "_high"))
    if value != value:
        return "not known"
    return f"{value:.4f}" + (f" ({low:.4f} to {high:.4f})" if low == low else "")


def _limits(facts: CardFacts) -> str:
    return (
        f"Made to score and to explain what the DNA of {facts.assembly} says of these profiles, in the cell types and "
        "conditions that they were measured in. A score is no measurement. It says nothing of other cell types, and "
        "little of other species. Scores on chromosomes that were trained on are too good. Not for medical use."
    )
