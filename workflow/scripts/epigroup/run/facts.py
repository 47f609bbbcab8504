"""A run as its config and its sheet mean it: what all stages ask of them.

What is asked again and again is kept; a `Run` is never changed.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any, overload

import pandas as pd

from epigroup.config.adopted import with_adopted
from epigroup.config.downloads.genome_files import KEYS, faults_of_genome, genome_downloads, here, is_address
from epigroup.config.folds import check_spans, fold_numbers, fold_splits
from epigroup.config.imputation.alone import imputes_alone
from epigroup.config.imputation.tracks import named_files
from epigroup.config.pools import averages, compared_seeds
from epigroup.config.searches import search_of, search_seeds
from epigroup.config.settings import complete_config, training_settings
from epigroup.config.sheet import Profile, Sheet, read_sheet
from epigroup.config.shell_paths import expanded
from epigroup.config.strategies import count_packs, grouping_tasks, strategy_seeds, teacher
from epigroup.core.errors import InputError, faults_of, refuse_together
from epigroup.dataset.bin_sets import evaluation_sets
from epigroup.genome.index_limits import LONGEST_INDEXED
from epigroup.quality.left_out import profiles_left_out
from epigroup.results.catalogue import FILES

# Where what all folds share lies below the results; all else hangs on the splits.
SHARED = (
    "alignments/",
    "calibration/",
    "checks/",
    "dataset/shards/",
    "downloads/",
    "genome/",
    "imputation/",
    "peaks/",
    "quality/",
    "reads/",
    "signals/",
    "simulation/",
    "tracks/",
)
# The sheet's columns that a grouping is held against.
AGREEMENT_COLUMNS = ("task_id", "modality", "cell_group")


@dataclass(frozen=True, eq=False)
class Run:
    """config: completed. sheet: without the tasks that are left out. left_out: these, and the grade of each. made:
    whether a rule of another workflow, of which this one is a part, makes a file."""

    config: Mapping[str, Any]
    sheet: Sheet
    left_out: Mapping[str, str] = field(default_factory=dict)
    made: Callable[[str], bool] = lambda path: False

    # places

    @property
    def data(self) -> str:
        """The folder of what all folds share, and of fold 1."""
        return self.config["results"]

    @cached_property
    def results(self) -> str:
        """The folder of what hangs on the splits."""
        return self.data if self.fold == 1 else f"{self.data}/folds/{self.fold}"

    def path(self, *parts: object) -> str:
        """A path below the results: of what all folds share in `data`."""
        below = "/".join(map(str, parts))
        return f"{self.data if below.startswith(SHARED) else self.results}/{below}"

    def file(self, key: str, *names: object, mappable: bool = False) -> str:
        """A file of the catalogue of results (`epigroup.results.catalogue`), by its key and what stands for the words
        in braces of its path, in their order."""
        return self.path(FILES[key].at(*names, mappable=mappable))

    def files(self, key: str, places: Iterable[Sequence[object]]) -> list[str]:
        """Several of one kind; places: the names of each."""
        return [self.file(key, *names) for names in places]

    @overload
    def in_results(self, path: str) -> str: ...

    @overload
    def in_results(self, path: None) -> None: ...

    def in_results(self, path: str | None) -> str | None:
        """A path of the config or the sheet, in which `<results>` stands for the folder of `data`."""
        return path.replace("<results>", self.data) if path else path

    def exists(self, path: str) -> bool:
        """Whether a file is there, or will be made by the simulation or another workflow."""
        simulated = self.simulated and path.startswith(self.path("simulation", ""))
        return os.path.exists(path) or simulated or self.made(path)

    # folds

    @property
    def fold(self) -> int:
        return self.config["fold"]

    @property
    def folds(self) -> list[int]:
        """The numbers of all, [1] where the config has no further ones."""
        return fold_numbers(self.config)

    def of_fold(self, fold: int) -> "Run":
        """The run of another fold of the same config and sheet, always the same one."""
        return self if fold == self.fold else _of_fold(self, fold)

    @cached_property
    def splits(self) -> dict[str, Any]:
        """The section `splits` as this fold has it."""
        return fold_splits(self.config, self.fold)

    # what the config says

    @property
    def simulated(self) -> bool:
        return "simulation" in self.config

    @property
    def alone(self) -> bool:
        """Whether it is an imputation and nothing else: no genome, no tasks, no strategies."""
        return imputes_alone(self.config)

    @property
    def signal(self) -> bool:
        """Whether networks learn the mean of a signal, not whether there is a peak."""
        return self.config["dataset"]["targets"] == "signal"

    @property
    def seeds(self) -> list[int]:
        return self.config["seeds"]

    @property
    def chromosomes(self) -> list[str]:
        return self.config["genome"]["chromosomes"]

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """The sets of evaluation regions; the first one heads everything."""
        return tuple(evaluation_sets(self.config["dataset"]["evaluation_regions"]))

    @property
    def fasta(self) -> str:
        return self.in_results(here(self.config["genome"]["fasta"]))

    @property
    def blacklist(self) -> str | None:
        return self.in_results(here(self.config["genome"]["blacklist"]))

    @property
    def gtf(self) -> str | None:
        return self.in_results(here(self.config["genome"]["gtf"]))

    @property
    def strategies(self) -> list[str]:
        return list(self.config["strategies"])

    @property
    def groupings(self) -> list[str]:
        return list(self.config["groupings"])

    @property
    def choices(self) -> list[str]:
        """Those of one strategy for each task."""
        return [name for name in self.config["choices"] if name not in self.averages]

    @cached_property
    def averages(self) -> list[str]:
        """Choices that average."""
        return averages(self.config)

    @property
    def taught(self) -> list[str]:
        """The strategies that have a teacher."""
        return [name for name in self.strategies if teacher(self.config, name) is not None]

    @property
    def external(self) -> list[str]:
        return list(self.config["external"])

    @property
    def baselines(self) -> list[str]:
        """Simple predictors; they predict labels."""
        return [] if self.signal else self.config["baselines"]["names"]

    @property
    def searched(self) -> list[str]:
        """The strategies whose rates are searched."""
        return [name for name in self.strategies if search_of(self.config, name) is not None]

    def grouping_name(self, strategy: str) -> str:
        return self.config["strategies"][strategy]["grouping"]

    def grouping_of(self, strategy: str) -> Mapping[str, Any]:
        """The section of a strategy's grouping."""
        return self.config["groupings"][self.grouping_name(strategy)]

    def training_of(self, strategy: str) -> dict[str, Any]:
        """The settings of a strategy's training, its own over those of all."""
        return training_settings(self.config, strategy, len(self.sheet.tasks))

    @property
    def on_gpu(self) -> bool:
        """Whether a strategy may train on a GPU: the environments then hold the CUDA build of PyTorch."""
        return any(self.training_of(name)["device"] != "cpu" for name in self.strategies)

    # what the sheet says

    @property
    def profiles(self) -> dict[str, Profile]:
        return self.sheet.profiles

    @cached_property
    def tasks(self) -> list[str]:
        return self.sheet.tasks

    @property
    def all_tasks(self) -> list[str]:
        """With those that are left out."""
        adopted = self.sheet.adopted
        return [name for name, one in self.profiles.items() if not one.is_input and name not in adopted]

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row a task, as `Sheet.table`."""
        return self.sheet.table()

    def task_rows(self, grouping: str | None = None, columns: Iterable[str] | None = None) -> list[dict]:
        """The sheet's rows of the tasks (of a grouping) and all or these columns, in the sheet's order."""
        table = self.table if grouping is None else grouping_tasks(self.config, grouping, self.table)
        return (table if columns is None else table[list(columns)]).to_dict("records")

    def strategy_tasks(self, strategy: str) -> list[str]:
        """Ids of the tasks that a strategy learns, in the sheet's order."""
        return _strategy_tasks(self, strategy)

    def checksums_of(self, files: Iterable[str]) -> dict[str, tuple[str, str]]:
        """What the sheet says of its own files among these: {path: (checksum, which row and column)}."""
        return {path: self.sheet.checksums[path] for path in files if path in self.sheet.checksums}

    def of_kind(self, *kinds: str) -> list[str]:
        """The profiles that enter as "fastq", "bam" or "peaks"."""
        return [name for name, profile in self.profiles.items() if profile.kind in kinds]

    @property
    def from_reads(self) -> list[str]:
        return self.of_kind("fastq", "bam")

    @property
    def longest(self) -> int | None:
        """The most bp that a chromosome may have: alignments are indexed, which given peaks need not be."""
        return LONGEST_INDEXED if self.from_reads else None

    # trainings

    def strategy_seeds(self, strategy: str) -> list[int]:
        return strategy_seeds(self.config, strategy)

    def packs(self, strategy: str) -> range:
        """The jobs that a seed of a strategy is trained in."""
        return _packs(self, strategy)

    def trained_runs(self) -> list[list]:
        """[strategy, seed] of everything that is trained."""
        return [[name, seed] for name in self.strategies for seed in self.strategy_seeds(name)]

    def searched_runs(self) -> list[list]:
        """[strategy, seed] of every search of rates."""
        return [[name, seed] for name in self.searched for seed in search_seeds(self.config, name)]

    def scored_runs(self) -> list[list]:
        """[strategy, choice or predictions from elsewhere, seed] of everything that has scores."""
        return [
            [name, seed]
            for name in [*self.strategies, *self.config["choices"], *self.external]
            for seed in compared_seeds(self.config, name)
        ]


@cache
def _of_fold(run: Run, fold: int) -> Run:
    return replace(run, config={**run.config, "fold": fold})


@cache
def _strategy_tasks(run: Run, strategy: str) -> list[str]:
    return grouping_tasks(run.config, run.grouping_name(strategy), run.table)["task_id"].tolist()


@cache
def _packs(run: Run, strategy: str) -> range:
    return range(count_packs(run.config, strategy, run.table))


def sheet_of(config: Mapping[str, Any], exist: Callable[[str], bool]) -> Sheet:
    """The sheet that a completed config names, with the new profiles of `adopt.samples`; `exist` says of a file whether
    it is there."""

    def read(path: str) -> Sheet:
        return read_sheet(
            path,
            results=config["results"],
            assembly=config["genome"]["assembly"],
            exist=exist,
            peak_mode_default=config["peaks"]["mode"],
            signals=config["dataset"]["targets"] == "signal",
            tracks="imputation" in config,
        )

    sheet = read(config["samples"])
    return with_adopted(sheet, read(config["adopt"]["samples"])) if "adopt" in config else sheet


def _absent(path: str) -> str:
    return (
        "is an address, and only files of the sheet and the genome are fetched; download it"
        if "://" in path
        else "is not there"
    )


def open_run(config: Mapping[str, Any], made: Callable[[str], bool] = lambda path: False) -> Run:
    """The run of a completed config; made: as `Run` has it.

    Reads the sheet, and the grades of an earlier run where there are any: profiles whose quality it found below
    qc.min_grade have their figures made, but no labels. On a cluster each job reads that file anew; what depends on the
    tasks therefore waits for check_grades, which runs beside the scheduler and ends the run unless the grades are those
    that the run started with. Raises InputError for faults of the sheet and for files of the config that are not there.
    """
    first = Run(config, Sheet("", {}), made=made)
    read: list[Sheet] = []
    refuse_together(
        [
            lambda: read.append(sheet_of(config, first.exists)),
            lambda: None if first.alone else check_spans(config),
            lambda: _check_named_files(first),
        ]
    )
    sheet = replace(read[0], downloads=read[0].downloads | genome_downloads(config["genome"]))
    left_out = profiles_left_out(first.path("quality/quality.tsv"), config["qc"]["min_grade"], sheet.tasks)
    return Run(config, sheet.without(left_out), left_out, made)


def _check_named_files(run: Run) -> None:
    genome = run.config["genome"]
    named = [(f"genome.{key}", genome[key]) for key in KEYS if not run.alone and not is_address(genome[key])]
    named += [(f"external.{name}.file", one["file"]) for name, one in run.config["external"].items()]
    places = [(key, run.in_results(path)) for key, path in [*named, *named_files(run.config)]]
    missing = [f"{key}: '{path}' {_absent(path)}" for key, path in places if path and not run.exists(path)]
    missing[-1:] = [f"{one}; check the path, relative to the working folder" for one in missing[-1:]]
    faults = faults_of_genome(genome) + missing
    if faults:
        raise InputError("\n".join(faults))


def open_config(
    config: Mapping[str, Any], source: str, made: Callable[[str], bool] = lambda path: False
) -> Run:
    """The run of a config as its file has it, `source` naming that. Raises InputError with what is wrong with config
    and sheet, both at once, or with what `open_run` refuses."""
    try:
        completed = complete_config(dict(config), source)
    except InputError as error:
        beside = faults_of([lambda: _read_beside(config, made)])
        raise InputError("\n".join([str(error), *beside])) from None
    return open_run(completed, made)


def _read_beside(config: Mapping[str, Any], made: Callable[[str], bool]) -> None:
    """The sheet of a config that is wrong, read with what can be known of it."""
    samples, genome, dataset, peaks = (config.get(key) for key in ("samples", "genome", "dataset", "peaks"))
    if not isinstance(samples, str) or samples.startswith("<results>") or made(samples):
        return
    try:
        samples = expanded(samples, {})
    except InputError:
        return  # a fault of the config, which is told with the others of it
    assembly = genome.get("assembly") if isinstance(genome, Mapping) else None
    results = config.get("results")
    mode = peaks.get("mode") if isinstance(peaks, Mapping) else None
    read_sheet(
        samples,
        results=results if isinstance(results, str) else "results",
        assembly=assembly if isinstance(assembly, str) else None,
        exist=lambda path: "simulation" in config or os.path.exists(path) or made(path),
        peak_mode_default=mode if mode in ("by_target", "narrow") else "by_target",
        signals=isinstance(dataset, Mapping) and dataset.get("targets") == "signal",
        tracks="imputation" in config,
    )
