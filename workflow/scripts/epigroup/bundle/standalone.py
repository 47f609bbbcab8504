"""Networks that score DNA windows for many epigenetic profiles at once. This file needs torch and safetensors only.

    from model import load, one_hot

    model = load(".")                       # the folder that holds this file, config.json and model.safetensors
    scores = model(one_hot(["ACGT...", ]))  # (sequences, tasks); model.tasks has their names

`model(x)` gives what the run scored: probabilities (or signals), the mean of both strands where config.json says so.
`model.logits` is a torch module of its own: the raw outputs of the strand that is given, for attributions.

    python model.py --check                 # scores the sequences of test.safetensors again
    python model.py windows.fa > scores.tsv # a row a sequence; longer ones are scored by their middle
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn

FORMAT = 1
FARTHEST = 1e-5  # from the scores of the run
# Scores are kept so far from 0 and 1 before their log-odds are averaged.
LOWEST, HIGHEST = 2.0**-25, 1 - 2.0**-12
LINKS = {"sigmoid": torch.sigmoid, "exp": torch.exp, "identity": lambda output: output}
BASES = "ACGT"


class Residual(nn.Module):
    """x + ReLU(convolution of x)."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.conv, self.relu = conv, nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.relu(self.conv(x))


def layers_of(blocks: Iterable[Mapping[str, Any]]) -> nn.Sequential:
    """The convolutions of a trunk: (N, 4, 1, L) -> (N, C, 1, places). Dropout, which does nothing here, keeps its place
    so that the names of the weights are those of the training."""
    found: list[nn.Module] = []
    for block in blocks:
        reach = (0, block["dilation"] * (block["width"] // 2)) if block["residual"] else (0, 0)
        conv = nn.Conv2d(
            block["inputs"],
            block["outputs"],
            (1, block["width"]),
            padding=reach,
            dilation=(1, block["dilation"]),
        )
        found.append(Residual(conv) if block["residual"] else conv)
        if block["pool"] is not None:
            found.append(nn.MaxPool2d((1, block["pool"])))
        if not block["residual"]:
            found.append(nn.ReLU())
        found.append(nn.Identity())
    return nn.Sequential(*found)


class Trunk(nn.Module):
    """Windows (N, 4, L) -> features (N, F) that the tasks share."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        super().__init__()
        self.blocks = layers_of(told["blocks"])
        self.hidden = nn.Linear(told["features"], told["units"]) if told["head"] == "shared" else None
        self.relu = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.blocks(x.unsqueeze(2)).permute(0, 3, 2, 1).flatten(1)
        return x if self.hidden is None else self.relu(self.hidden(x))


class PrivateHead(nn.Module):
    """A hidden layer for each task alone, and its row on that: (N, features) -> (N, tasks)."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        super().__init__()
        n_tasks, units = told["n_tasks"], told["units"]
        self.hidden, self.relu = nn.Linear(told["features"], n_tasks * units), nn.ReLU()
        self.weight, self.bias = nn.Parameter(torch.zeros(n_tasks, units)), nn.Parameter(torch.zeros(n_tasks))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = self.relu(self.hidden(x)).unflatten(1, self.weight.shape)
        return (hidden * self.weight).sum(2) + self.bias


class Network(nn.Module):
    """One trained network: (N, 4, L) -> (N, its tasks)."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        super().__init__()
        self.trunk = Trunk(told)
        self.head: nn.Module = (
            nn.Linear(told["units"], told["n_tasks"]) if told["head"] == "shared" else PrivateHead(told)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.trunk(x))


class Member(nn.Module):
    """The networks of one strategy, each task by the network that serves it: (N, 4, L) -> outputs (N, T); the columns
    of tasks that it does not know are 0."""

    known: torch.Tensor
    order: torch.Tensor

    def __init__(self, networks: Sequence[Mapping[str, Any]], n_tasks: int) -> None:
        super().__init__()
        self.networks = nn.ModuleList([Network(one) for one in networks])
        self.columns = [list(one["columns"]) for one in networks]
        served = [task for one in networks for task in one["served"]]
        order = [served.index(task) if task in served else 0 for task in range(n_tasks)]
        self.register_buffer("order", torch.tensor(order), persistent=False)
        known = torch.tensor([float(task in served) for task in range(n_tasks)])
        self.register_buffer("known", known, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = [net(x)[:, columns] for net, columns in zip(self.networks, self.columns)]
        return torch.cat(parts, 1)[:, self.order] * self.known


class Logits(nn.Module):
    """Raw outputs (N, T) of the strand that is given, before both strands and probabilities: what attributions are
    made of. Of an average of strategies the weighted sum of theirs, on its scale."""

    weights: torch.Tensor
    slope: torch.Tensor
    intercept: torch.Tensor

    def __init__(self, told: Mapping[str, Any]) -> None:
        super().__init__()
        n_tasks = len(told["tasks"])
        self.members = nn.ModuleList([Member(one["networks"], n_tasks) for one in told["members"]])
        known = torch.stack([one.known for one in self.members])
        raw = torch.tensor([one["weight"] for one in told["members"]], dtype=torch.float64)[:, None]
        own = torch.where((known * raw).sum(0) > 0, raw, 1.0) * known
        weights = own * raw.sum() / own.sum(0).clamp(min=1e-300)
        self.register_buffer("weights", weights.float(), persistent=False)
        for name, neutral in (("slope", 1.0), ("intercept", 0.0)):
            values = torch.tensor(told[name] or [neutral] * n_tasks, dtype=torch.float32)
            self.register_buffer(name, values, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        odds = torch.stack([one(x) for one in self.members])
        return (odds * self.weights[:, None]).sum(0) * self.slope + self.intercept


class Model(nn.Module):
    """Windows, one-hot (N, 4, L) float32 with rows A, C, G, T and zeros for N, -> scores (N, T)."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        super().__init__()
        if told["format"] != FORMAT:
            raise ValueError(f"config.json: format {told['format']}, and this file reads {FORMAT}")
        self.told = told
        self.tasks: list[str] = list(told["tasks"])
        self.window: int = told["window"]
        self.logits = Logits(told)
        self.averaged = told["slope"] is not None
        self.both_strands: bool = told["both_strands"]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.dim() != 3 or x.shape[1:] != (4, self.window):
            raise ValueError(
                f"sequences of the shape (N, 4, {self.window}) are wanted, and these are {tuple(x.shape)}"
            )
        link, scores = LINKS[self.told["link"]], []
        for member in self.logits.members:
            mine = link(member(x))
            scores.append((mine + link(member(x.flip(1, 2)))) / 2 if self.both_strands else mine)
        if not self.averaged:
            return scores[0]
        kept = torch.stack(scores).clamp(LOWEST, HIGHEST)
        odds = torch.log(kept) - torch.log1p(-kept)
        logits = self.logits
        return torch.sigmoid((odds * logits.weights[:, None]).sum(0) * logits.slope + logits.intercept)


def load(folder: str | os.PathLike = ".") -> Model:
    """The model of a folder, in evaluation mode. ValueError for another format, RuntimeError for other weights."""
    told = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
    model = Model(told)
    model.logits.load_state_dict(load_file(str(Path(folder) / "model.safetensors")))
    return model.eval()


def one_hot(sequences: Sequence[str]) -> torch.Tensor:
    """Sequences of one length -> float32 (N, 4, L), rows A, C, G, T; any other letter is zeros."""
    codes = torch.tensor([[BASES.find(base) for base in one.upper()] for one in sequences])
    return torch.stack([(codes == row).float() for row in range(len(BASES))], 1)


def read_fasta(path: str) -> Iterator[tuple[str, str]]:
    """(name, sequence) of each record."""
    name: str | None = None
    parts: list[str] = []
    with open(path, encoding="utf-8") as handle:
        for line in handle:
            if line.startswith(">"):
                if name is not None:
                    yield name, "".join(parts)
                name, parts = line[1:].split()[0], []
            elif line.strip():
                parts.append(line.strip())
    if name is not None:
        yield name, "".join(parts)


def middle(name: str, sequence: str, window: int) -> str:
    """The window in the middle of a sequence. ValueError for one that is shorter."""
    if len(sequence) < window:
        raise ValueError(
            f"{name}: has {len(sequence)} bp, and the model reads {window}; give longer sequences"
        )
    start = (len(sequence) - window) // 2
    return sequence[start : start + window]


def difference(scores: torch.Tensor, expected: torch.Tensor) -> float:
    """The largest difference of scores; of those beyond 1, which only signals have, as a share of them."""
    return float(((scores - expected).abs() / expected.abs().clamp(min=1)).max())


def check(folder: str | os.PathLike, model: Model) -> float:
    """The largest `difference` of the scores of test.safetensors, made again, from those that lie there."""
    test = load_file(str(Path(folder) / "test.safetensors"))
    with torch.inference_mode():
        return difference(model(test["sequence"].float()), test["score"])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Scores of DNA windows, a column a task.")
    parser.add_argument("fasta", nargs="?", help="sequences")
    parser.add_argument("--check", action="store_true", help="score the sequences of test.safetensors again")
    parser.add_argument("--folder", default=os.fspath(Path(__file__).resolve().parent), help="of the model")
    told = parser.parse_args(arguments)
    model = load(told.folder)
    if told.check:
        largest = check(told.folder, model)
        sys.stdout.write(f"largest difference from the scores of the run: {largest:.2g}\n")
        return int(not largest <= FARTHEST)
    if not told.fasta:
        parser.error("give a FASTA file, or --check")
    sys.stdout.write("\t".join(["name", *model.tasks]) + "\n")
    with torch.inference_mode():
        for name, sequence in read_fasta(told.fasta):
            scores = model(one_hot([middle(name, sequence, model.window)]))[0]
            sys.stdout.write("\t".join([name, *(f"{score:.6g}" for score in scores.tolist())]) + "\n")
    return 0


def _kipoi_base() -> type:
    """What Kipoi asks its models to be; without it a plain class."""
    try:
        return importlib.import_module("kipoi.model").BaseModel
    except ImportError:
        return object


class KipoiModel(_kipoi_base()):  # type: ignore[misc]  # known when the file is read, not before
    """The same for Kipoi (model.yaml)."""

    def __init__(self) -> None:
        self.model = load(Path(__file__).resolve().parent)

    def predict_on_batch(self, x: Any) -> Any:
        with torch.inference_mode():
            return self.model(torch.as_tensor(x, dtype=torch.float32)).numpy()


if __name__ == "__main__":
    sys.exit(main())
