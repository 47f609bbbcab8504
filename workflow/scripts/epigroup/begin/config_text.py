"""A first config as text: short, with a comment where a user would ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from epigroup.begin.chromosomes import Chosen, as_ranges
from epigroup.begin.peak_counts import PeakCounts
from epigroup.begin.recipe import Recipe
from epigroup.begin.splits import Splits
from epigroup.begin.strategies import Offered

MOST_LINES = 40
WIDTH = 118
FEW = "*few"


@dataclass(frozen=True)
class Facts:
    """What a first config is written from. n_tasks: of the sheet; from_reads: those whose peaks are called."""

    name: str
    results: str
    samples: str
    fasta: str
    assembly: str
    chosen: Chosen
    counts: PeakCounts
    splits: Splits
    n_tasks: int
    from_reads: int


def counted(n: int, noun: str) -> str:
    return f"{n} {noun}" + ("" if n == 1 else "s")


def flow(value: Any) -> str:
    """A value as YAML on one line."""
    return yaml.safe_dump([value], default_flow_style=True, width=10**9, sort_keys=False).strip()[1:-1]


def config_lines(
    facts: Facts, offered: Offered, recipe: Recipe, seeds: Sequence[int], cost: str
) -> list[str]:
    """The lines of the config, MOST_LINES at most. cost: what is said of the seeds."""
    narrow = facts.counts.points
    peaks: dict[str, Any] = {"point_flank": recipe.flank} if narrow else {}
    peaks |= {"contig_names": "spelling"} if facts.counts.spelling else {}
    told = (
        f"points of {counted(len(narrow), 'profile')} are widened by so many bp on either side"
        if narrow
        else ""
    )
    told += "; " if len(peaks) > 1 else ""
    told += "peak files call chromosomes otherwise than the FASTA" if facts.counts.spelling else ""
    sections = [
        [
            f"# {counted(facts.n_tasks, 'task')}. Every key: docs/reference/config.md. Written by `make config`.",
            f"name: {flow(facts.name)}",
            f"results: {flow(facts.results)}  # a folder of this run alone",
            f"samples: {flow(facts.samples)}",
            f"seeds: {flow(list(seeds))}  # {cost}",
        ],
        [
            "genome:",
            f"  fasta: {flow(facts.fasta)}  # where there is a list of regions to leave out: blacklist: FILE.bed.gz",
            f"  assembly: {flow(facts.assembly)}",
            *chromosome_lines(facts),
        ],
        [f"peaks: {flow(peaks)}  # {told}"] if peaks else [],
        [f"dataset: {flow({'max_jitter': recipe.max_jitter})}  # bp; the room that training.jitter needs"],
        split_lines(facts),
        training_lines(recipe),
        [
            f"evaluation: {flow(dict(recipe.evaluation))}",
        ],
        braced(
            "groupings: {  # who is learnt with whom; beside each grouping random groups of the same sizes",
            [line(entries, why) for entries, why in offered.groupings],
        ),
        braced(
            "strategies: {  # what is trained; all but SMTL and STL go on from SMTL's network, with some more steps",
            strategy_lines(offered, recipe),
        ),
        braced(
            "choices: {  # means of a network and of a ridge regression on 6-mers; of networks of several seeds",
            [line({name: spec}, "") for name, spec in offered.choices.items()],
        ),
        [f"comparison: {flow({'headline': offered.headline})}"] if offered.headline else [],
    ]
    return fitted([one for one in sections if one])


def braced(head: str, lines: Sequence[str]) -> list[str]:
    """A mapping in braces, of which each line is one or more entries: lines may be taken out and put in."""
    last, _, why = lines[-1].partition(",  #")
    return [head, *lines[:-1], f"{last.removesuffix(',')}}}" + (f"  #{why}" if why else "")]


def fitted(sections: Sequence[Sequence[str]]) -> list[str]:
    """Empty lines between sections where there is room for them; where there is none for all lines, the choices on
    one."""
    lines = sum(map(len, sections))
    if lines > MOST_LINES:
        choices = next(i for i, one in enumerate(sections) if one[0].startswith("choices"))
        head, *rest = sections[choices]
        joined = [head, "  " + " ".join(text.strip() for text in rest)]
        sections = [*sections[:choices], joined, *sections[choices + 1 :]]
    gap = [""] if lines + len(sections) - 1 <= MOST_LINES else []
    return [text for i, one in enumerate(sections) for text in ([*gap, *one] if i else one)]


def line(entries: Mapping[str, Any], why: str) -> str:
    text = "  " + ", ".join(f"{name}: {flow(spec)}" for name, spec in entries.items()) + ","
    return f"{text}  # {why}" if why else text


def chromosome_lines(facts: Facts) -> list[str]:
    """Those that are used, and in a comment those that are not."""
    words = [
        f"{len(names)} {reason} ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})"
        for reason, names in facts.chosen.left_out.items()
    ]
    lines = [f"  # left out: {'; '.join(words)}"] if words else []
    lines.append(f"  chromosomes: {flow(as_ranges(list(facts.chosen.sizes)))}")
    if facts.chosen.mitochondrion and facts.from_reads:
        lines.append(
            f"  mitochondrion: {flow(facts.chosen.mitochondrion)}  # its reads are counted and removed"
        )
    return lines


def split_lines(facts: Facts) -> list[str]:
    shares = ", ".join(f"{split} {share:.0%}" for split, share in facts.splits.shares.items())
    unknown = facts.n_tasks - len(facts.counts.tasks)
    if facts.splits.fewest:
        told = ", ".join(
            f"{count} in {split} ({name})" for split, (name, count) in facts.splits.fewest.items()
        )
        told = f"fewest peaks of a task: {told}"
        told += f"; {unknown} tasks have none yet" if unknown else ""
    else:
        told = "peaks are not there yet"
    check = "; look at dataset/tasks.tsv after `snakemake dataset`" if unknown else ""
    return [
        f"# Of the bases: {shares}; {told}{check}",
        "splits:",
        f"  validation: {flow(list(facts.splits.validation))}  # chooses the best step, stops training",
        f"  test: {flow(list(facts.splits.test))}  # is scored, and used for nothing else",
    ]


def training_lines(recipe: Recipe) -> list[str]:
    """The recipe as one mapping over as many lines as it needs, and the device by itself."""
    rows = ["training: {"]
    for text in (f"{key}: {flow(value)}," for key, value in recipe.training.items()):
        if len(rows[-1]) + len(text) < WIDTH:
            rows[-1] += text if rows[-1].endswith("{") else f" {text}"
        else:
            rows.append(f"  {text}")
    return [
        "# The recipe of the examples on real data. device auto: a GPU where there is one; on Slurm, from a login node",
        "# without one too, every training asks for a GPU. On a cluster without GPUs say cpu (docs/guide/cluster.md).",
        *rows,
        "  device: auto}",
    ]


def strategy_lines(offered: Offered, recipe: Recipe) -> list[str]:
    """A line a strategy with its control; the settings of groups are written once."""
    lines, written = [], False
    for entries, why in offered.strategies:
        text = line(entries, why)
        settings = flow(dict(recipe.few))
        if settings in text:
            first, rest = ("&few " + settings, FEW) if not written else (FEW, FEW)
            before, *after = text.split(settings)
            text = before + first + rest.join(after)
            written = True
        lines.append(text)
    return lines
