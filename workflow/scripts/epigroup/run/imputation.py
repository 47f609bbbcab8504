"""The imputation of tracks: which tracks and folds there are, and what its rules read and are told."""

import os
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from epigroup.config.imputation.tracks import assay_of
from epigroup.config.sheet import Profile
from epigroup.core.errors import InputError, refuse_together
from epigroup.core.settings import read_settings
from epigroup.imputation.file_names import file_names
from epigroup.imputation.known import check_names
from epigroup.imputation.models import model_of
from epigroup.imputation.places import BETWEEN, Place, Places
from epigroup.imputation.settings import FoldSettings, ImputationSettings, TensorSettings
from epigroup.imputation.signals import chromosome_sizes
from epigroup.imputation.track_folds import TrackFold, split_tracks
from epigroup.run.facts import Run

AVERAGE = "average"
# What of workflow/ the page is made from, beside its script.
PAGE_FILES = ("report/imputation.html.j2", "report/style.css")


def imputes(run: Run) -> bool:
    """Whether the config has the section."""
    return "imputation" in run.config


def section(run: Run) -> ImputationSettings:
    """The section, its files in the results and the genome's blacklist in their places."""
    told = dict(run.config["imputation"])
    if not told["blacklist"] and not run.alone:
        told["blacklist"] = run.blacklist
    for key in ("regions", "blacklist", "genes", "enhancers"):
        told[key] = run.in_results(told[key])
    return read_settings(ImputationSettings, told, "imputation")


@cache
def signals(run: Run) -> dict[str, str]:
    """The bigWig of each track by task id, in the sheet's order: given, or -log10 p made of the profile's own reads. A
    profile with peaks alone has none and is no track."""
    found = {}
    for name, one in {**run.profiles, **run.sheet.tracks}.items():
        if one.is_input:
            continue
        if one.signal:
            found[name] = one.signal
        elif one.kind in ("fastq", "bam"):
            found[name] = run.path("signals", f"{name}.pvalue.bw")
    return found


def profile_of(run: Run, task_id: str) -> Profile:
    return run.sheet.tracks.get(task_id) or run.profiles[task_id]


@cache
def places(run: Run) -> Places:
    """Where the tracks lie. InputError: two at one place, none at all."""
    found = (profile_of(run, name) for name in signals(run))
    try:
        return Places(tuple(Place(one.profile_id, one.cell_type, assay_of(one)) for one in found))
    except InputError as error:
        raise InputError(f"{run.sheet.path}: {error}") from None


@cache
def folds(run: Run) -> tuple[TrackFold, ...]:
    """The folds of tracks."""
    told = run.config["imputation"]["folds"]
    return tuple(
        split_tracks(places(run), read_settings(FoldSettings, _fold_settings(run, told), "imputation.folds"))
    )


def _fold_settings(run: Run, told: Mapping[str, Any]) -> dict[str, Any]:
    return {**told, "file": run.in_results(told["file"])}


def fold_names(run: Run) -> list[str]:
    return [one.fold for one in folds(run)] if imputes(run) else []


def chromosomes(run: Run) -> list[str]:
    return list(run.config["imputation"]["chromosomes"] or run.chromosomes) if imputes(run) else []


@cache
def count_all_bins(run: Run) -> int | None:
    """Bins of all chromosomes, as the first bigWig that is there has them; None where none is."""
    there = [(name, path) for name, path in signals(run).items() if os.path.exists(path)]
    if not there:
        return None
    sizes = chromosome_sizes(dict(there[:1]), chromosomes(run))
    return sum(length // section(run).bin_size for length in sizes.values())


def judge_mb(run: Run) -> int:
    """Memory of judging a fold, MB: 150 bytes a bin, and what Python takes."""
    return 1500 + 3 * (count_all_bins(run) or 0) // 20_000


def imputed_places(run: Run) -> list[tuple[str, str]]:
    """(cell type, assay) of each place that becomes a bigWig. InputError: one that is not on the grid."""
    told, grid = section(run).imputed, places(run)
    if told == "none":
        return []
    if told == "missing":
        return grid.missing()
    if isinstance(told, str):
        return [(cell_type, assay) for cell_type in grid.cell_types for assay in grid.assays]
    found = [(cell_type, assay) for cell_type, _, assay in (one.partition(BETWEEN) for one in told)]
    for cell_type, assay in found:
        for what, name, names in (("cell_type", cell_type, grid.cell_types), ("assay", assay, grid.assays)):
            if name not in names:
                raise InputError(
                    f"imputation.imputed: no track has the {what} {name!r}; there are: {', '.join(names)}"
                )
    return found


def bigwigs(run: Run) -> list[str]:
    """The bigWigs that are written, in the order of `imputed_places`."""
    return [run.path("imputation/imputed", f"{name}.bw") for name in file_names(imputed_places(run))]


def check_imputation(run: Run) -> None:
    """InputError, all faults together, for what of the section can be known before any job: tracks that cannot be held
    out, unknown models, places and chromosomes."""
    if not imputes(run):
        return
    if not run.alone and not run.tasks:
        raise InputError(
            f"{run.sheet.path}: no task: every row is an input or a signal alone; add the profiles to learn, or leave "
            "strategies out of the config"
        )
    told = section(run)
    refuse_together(
        [
            lambda: _check_models(told),
            lambda: check_names(places(run)),
            lambda: folds(run),
            lambda: bigwigs(run),
            partial(_check_genome, run),
        ]
    )


def _check_models(told: ImputationSettings) -> None:
    refuse_together(partial(model_of, name) for name in told.models)
    if AVERAGE not in told.models:
        raise InputError(
            f"imputation.models: {AVERAGE} is not among them; every model is judged beside it, so name it"
        )


def _check_genome(run: Run) -> None:
    """Beside a section genome, assembly and chromosomes are those of it."""
    if run.alone:
        return
    strange = [name for name in chromosomes(run) if name not in run.chromosomes]
    if strange:
        raise InputError(
            f"imputation.chromosomes: {', '.join(strange)} not under genome.chromosomes; name them there too"
        )
    mine, genomes = section(run).assembly, run.config["genome"]["assembly"]
    if mine not in (None, genomes):
        raise InputError(f"imputation.assembly: {mine!r} is not genome.assembly, {genomes!r}; leave it out")


def check_headers(run: Run) -> None:
    """InputError for a bigWig that lacks a chromosome, or has another length of it than the others. Opens each."""
    if not imputes(run):
        return
    wanted = chromosomes(run)
    there = {name: path for name, path in signals(run).items() if os.path.exists(path)}
    if there:
        chromosome_sizes(there, wanted)


# what rules read and are told


def tensors(run: Run) -> list[str]:
    return [run.path("imputation/tensor", f"{chrom}.h5") for chrom in chromosomes(run)]


def tensor_inputs(run: Run) -> dict[str, Any]:
    """The bigWigs of all tracks, files of regions, and the genome's sizes where there is one."""
    told = section(run)
    beside = [path for path in (told.regions, told.blacklist) if path]
    sizes = {} if run.alone else {"sizes": run.path("genome/chrom.sizes")}
    return {"signals": list(signals(run).values()), "regions": beside, **sizes}


def tensor_settings(run: Run) -> dict[str, Any]:
    told = section(run).tensor
    fields: dict[str, Any] = {name: getattr(told, name) for name in TensorSettings.__dataclass_fields__}
    return {**fields, "task_ids": list(signals(run))}


def track_rows(run: Run) -> list[dict[str, str]]:
    return [
        {"task_id": one.task_id, "cell_type": one.cell_type, "assay": one.assay} for one in places(run).tracks
    ]


def fold_settings(run: Run) -> dict[str, Any]:
    return _fold_settings(run, run.config["imputation"]["folds"])


def fold_file(run: Run) -> list[str]:
    """The user's own table of folds, where there is one."""
    told = fold_settings(run)
    return [told["file"]] if told["method"] == "table" else []


def models(run: Run) -> list[str]:
    return list(section(run).models)


def code_modules(run: Run, digest: Callable[..., str], script: str) -> str:
    """The digest of a script that loads the run's models by name."""
    return digest(script, tuple(f"imputation.models.{name}" for name in models(run)))


def of_folds(run: Run, name: str) -> list[str]:
    """A file of each fold."""
    return [run.path("imputation/folds", fold, name) for fold in fold_names(run)]


def annotation(run: Run) -> dict[str, str]:
    """Genes and enhancers, where they are given."""
    told = section(run)
    return {name: path for name, path in (("genes", told.genes), ("enhancers", told.enhancers)) if path}


def judge_settings(run: Run) -> dict[str, Any]:
    told = section(run)
    return {"block": told.block, "draws": told.draws, "seed": told.seed}


def written_settings(run: Run) -> dict[str, Any]:
    """What is told to the writer of bigWigs and browser files."""
    told = section(run)
    return {
        "places": [list(place) for place in imputed_places(run)],
        "measured": [[one.cell_type, one.assay, signals(run)[one.task_id]] for one in places(run).tracks],
        "assembly": told.assembly if run.alone else run.config["genome"]["assembly"],
        "name": run.config["name"],
        "email": run.config["tracks"]["email"],
        "locus": chromosomes(run)[0],
    }


def page_settings(run: Run) -> dict[str, Any]:
    told = section(run)
    return {
        "name": run.config["name"],
        "assembly": told.assembly if run.alone else run.config["genome"]["assembly"],
        "chromosomes": chromosomes(run),
        "bin_size": told.bin_size,
        "transform": told.transform,
        "imputed": [list(place) for place in imputed_places(run)],
        "annotation": sorted(annotation(run)),
    }


def made(run: Run) -> list[str]:
    """What the target `imputation` makes."""
    if not imputes(run):
        return []
    written = [run.path("imputation/imputed/README.txt")] if imputed_places(run) else []
    return [run.path("imputation/imputation.html"), *written]
