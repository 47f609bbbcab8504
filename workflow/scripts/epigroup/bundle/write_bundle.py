"""Write the folder of a bundle: what it holds, and the proof that it scores what the run scored."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from safetensors.torch import save_file

from epigroup.bundle import ONNX, standalone
from epigroup.bundle.card import CardFacts, card
from epigroup.bundle.networks import Member, gather_networks, link_of, read_weights_table
from epigroup.comparison.log_odds import combine, log_odds
from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.tables import read_table
from epigroup.networks.losses import find_loss
from epigroup.networks.model_files import check_dataset, read_pack_infos
from epigroup.prediction.predict import networks_of, open_examples, serving_groups
from epigroup.training.batches import Sequences

log = logging.getLogger(__name__)

EXAMPLES = 16


@dataclass(frozen=True)
class BundleSettings:
    """name: of the strategy or choice; members: as `Member`; tasks: of the bundle, in order; weighting: of a choice's
    members, `fitted` or `equal`, of a strategy empty; both_strands: as the run scored; assembly; licence, about: for
    the model card; onnx: whether it is written.
    """

    name: str
    members: tuple[Mapping[str, Any], ...]
    tasks: tuple[str, ...]
    weighting: str
    both_strands: bool
    assembly: str
    licence: str
    about: str
    onnx: bool
    run_name: str
    splits: Mapping[str, Any]


def expected_scores(
    members: Sequence[Member],
    tasks: Sequence[str],
    windows: torch.Tensor,
    both_strands: bool,
    averaging: tuple[np.ndarray, np.ndarray, np.ndarray] | None,
) -> torch.Tensor:
    """float32 (N, T): what the run's own networks say of windows (N, 4, 1, W), in float32 arithmetic. averaging:
    weights (M,), slope and intercept (T,) of a choice."""
    place, all_scores = {task: i for i, task in enumerate(tasks)}, []
    for member in members:
        infos, scores = read_pack_infos(member.models), torch.full((len(windows), len(tasks)), torch.nan)
        wanted = set(serving_groups(infos, member.serving).items())
        for network, info, _, served, columns in networks_of(member.models, infos, windows.device, wanted):
            mean = find_loss(info.settings["loss"]).mean
            with torch.inference_mode():
                found = mean(network(windows))
                if both_strands:
                    found = (found + mean(network(windows.flip(1, 3)))) / 2
            scores[:, [place[task] for task in served]] = found[:, columns]
        all_scores.append(scores.numpy())
    if averaging is None:
        return torch.from_numpy(all_scores[0])
    weights, slope, intercept = averaging
    odds = combine(np.stack([log_odds(one) for one in all_scores]), weights)
    return torch.from_numpy(1 / (1 + np.exp(-(odds * slope + intercept)))).float()


def example_windows(sequences: Sequences, positions: torch.Tensor) -> torch.Tensor:
    """Up to EXAMPLES windows (N, 4, 1, W) of the test examples at `positions`, evenly spaced."""
    if not len(positions):
        raise InputError(
            "bundle: the test split holds no example to check the bundle on; check the section splits"
        )
    rows = torch.linspace(0, len(positions) - 1, min(EXAMPLES, len(positions))).round().long()
    return sequences.one_hot(positions[rows], torch.float32).contiguous()


def write_bundle(
    inputs: Mapping[str, Any], outputs: Mapping[str, str], cfg: BundleSettings, members: Sequence[Member]
) -> None:
    """Write the files of `outputs`: weights, config, code, card, kipoi, test and, with `cfg.onnx`, onnx.

    inputs: genome, dataset, shards, metrics and, of a choice, weights. Raises InputError where files do not belong
    together; RuntimeError where the bundle's own code does not score the test examples as the run's networks do.
    """
    dataset, _, sequences, positions = open_examples(
        members[0].models, inputs["genome"], inputs["dataset"], inputs["shards"],
        split="test", regions=0, device="cpu", data="memory",
    )  # fmt: skip
    # Members are networks, and of seeds, of their own.
    for member in members[1:]:
        infos = read_pack_infos(member.models)
        check_dataset(member.models, infos, dataset.dataset_hash, str(inputs["dataset"]))
    names = [member.name for member in members]
    averaging, of_member = None, {names[0]: 1.0}
    if cfg.weighting:
        of_member, slope, intercept = read_weights_table(inputs["weights"], names, cfg.tasks)
        averaging = np.array([of_member[name] for name in names]), slope, intercept
    networks = gather_networks(members, of_member, cfg.tasks)
    told = {
        "format": standalone.FORMAT, "name": cfg.name, "tasks": list(cfg.tasks), "window": dataset.window,
        "bin_size": dataset.bin_size, "assembly": cfg.assembly, "both_strands": cfg.both_strands,
        "link": link_of(networks.infos), "members": networks.members,
        "slope": None if averaging is None else averaging[1].tolist(),
        "intercept": None if averaging is None else averaging[2].tolist(),
    }  # fmt: skip
    metrics = read_table(
        inputs["metrics"], dtype={"task_id": str}, keep_default_na=False, na_values=["", "NaN"]
    )
    if "threshold" in metrics:
        found = metrics.set_index("task_id")["threshold"].reindex(list(cfg.tasks))
        told["thresholds"] = [None if np.isnan(one) else float(one) for one in found]
    windows = example_windows(sequences, positions)
    expected = expected_scores(members, cfg.tasks, windows, cfg.both_strands, averaging)
    model = standalone.Model(told)
    model.logits.load_state_dict(networks.weights)
    model.eval()
    _check(model, windows[:, :, 0], expected)
    _write_text(outputs["config"], json.dumps(told, indent=1) + "\n")
    _write_tensors(outputs["weights"], networks.weights)
    _write_tensors(
        outputs["test"], {"sequence": windows[:, :, 0].to(torch.uint8).contiguous(), "score": expected}
    )
    _write_text(outputs["code"], Path(standalone.__file__).read_text(encoding="utf-8"))
    facts = CardFacts(
        cfg.name, cfg.run_name, cfg.licence, cfg.about, cfg.assembly, dataset.window, dataset.bin_size,
        tuple(dataset.chromosomes), cfg.splits, cfg.both_strands, networks.infos, names, cfg.weighting, cfg.onnx,
    )  # fmt: skip
    _write_text(outputs["card"], card(facts, metrics, told))
    _write_text(outputs["kipoi"], yaml.safe_dump(kipoi(facts, told), sort_keys=False, allow_unicode=True))
    if cfg.onnx:
        write_onnx(model, windows[:, :, 0], outputs["onnx"])
    elif (stale := Path(outputs["weights"]).with_name(ONNX)).exists():
        log.warning("%s: removed: it was written with other settings", stale)
        stale.unlink()
    n_networks = sum(len(one["networks"]) for one in networks.members)
    log.info("%s: %d networks for %d tasks", cfg.name, n_networks, len(cfg.tasks))


def _check(model: standalone.Model, windows: torch.Tensor, expected: torch.Tensor) -> None:
    with torch.inference_mode():
        largest = standalone.difference(model(windows), expected)
    if not largest <= standalone.FARTHEST:
        raise RuntimeError(
            f"the bundle's code differs by {largest:.3g} from the run's networks on {len(windows)} windows"
        )


def _write_text(path: str, text: str) -> None:
    with whole(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _write_tensors(path: str, tensors: Mapping[str, torch.Tensor]) -> None:
    with whole(path) as partial:
        save_file(dict(tensors), partial)


def write_onnx(model: torch.nn.Module, windows: torch.Tensor, path: str | os.PathLike) -> None:
    """Write a model as ONNX: input `sequence` float32 (N, 4, L), output `score` float32 (N, T), any N."""
    with whole(path) as partial:
        torch.onnx.export(
            model, (windows[:2],), partial, input_names=["sequence"], output_names=["score"],
            dynamic_shapes=({0: torch.export.Dim("n")},), external_data=False, verbose=False,
        )  # fmt: skip


def kipoi(facts: CardFacts, told: Mapping[str, Any]) -> dict[str, Any]:
    """model.yaml of Kipoi: the class of model.py, its windows by kipoiseq, shapes and names of the tasks."""
    return {
        "defined_as": "model.KipoiModel",
        "args": {},
        "default_dataloader": {
            "defined_as": "kipoiseq.dataloaders.SeqIntervalDl",
            "default_args": {
                "alphabet_axis": 0, "auto_resize_len": facts.window, "alphabet": "ACGT", "neutral_value": 0,
                "dtype": "float32",
            },
        },
        "info": {
            "authors": [{"name": "not given"}],
            "doc": f"{facts.name} of {facts.run_name}: scores of {len(told['tasks'])} epigenetic profiles from DNA.",
            "license": facts.licence,
            "trained_on": f"{facts.assembly}; README.md has the chromosomes held out",
            "tags": ["Histone modification", "DNA accessibility", "DNA binding"],
        },
        "dependencies": {"pip": ["torch", "safetensors", "kipoiseq"]},
        "schema": {
            "inputs": {"shape": [4, facts.window], "doc": "DNA, one-hot, rows A, C, G, T", "special_type": "DNASeq"},
            "targets": {
                "shape": [len(told["tasks"])], "doc": "score of each profile in the middle bin",
                "column_labels": list(told["tasks"]),
            },
        },
    }  # fmt: skip
