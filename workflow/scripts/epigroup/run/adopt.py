"""New profiles beside a finished run: which files their jobs read, and what they are told."""

from typing import Any

from epigroup.config.settings import canonical, training_settings
from epigroup.core.errors import InputError
from epigroup.run import training
from epigroup.run.baselines import fit_settings as fit_baselines
from epigroup.run.data.peaks import peaks_of
from epigroup.run.evaluation import joint_strategy, single_strategy
from epigroup.run.facts import Run
from epigroup.run.settings import settings

# A network of one task has nothing to balance, and its best validation is that of the task.
_ALONE = {"keep": "group", "balancing": "none", "precision": "fp32", "adapter_rank": 0}


def profiles(run: Run) -> list[str]:
    """The new profiles, in the order of their sheet."""
    return [name for name in run.profiles if name in run.sheet.adopted]


def starts(run: Run) -> list[str]:
    """The strategies whose networks new profiles start from."""
    named = run.config["adopt"]["starts"]
    return named or [name for name in run.strategies if shares_features(run, name)]


def shares_features(run: Run, strategy: str) -> bool:
    return run.training_of(strategy)["network"]["head"] == "shared"


def check_adopt(run: Run) -> None:
    """InputError where the section asks what cannot be."""
    if "adopt" not in run.config:
        return
    if run.signal:
        raise InputError(
            "adopt: new profiles are told where there are peaks, and dataset.targets is signal; leave the section out"
        )
    faults = [
        f"adopt.starts: '{name}' is not under strategies; there are: {', '.join(run.strategies)}"
        for name in starts(run)
        if name not in run.strategies
    ]
    faults += [
        f"adopt.starts: the tasks of '{name}' share no hidden layer (training.network.head); name other strategies"
        for name in starts(run)
        if name in run.strategies and not shares_features(run, name)
    ]
    if not starts(run):
        faults.append("adopt.starts: no strategy of this run has networks whose tasks share a hidden layer")
    if faults:
        raise InputError("\n".join(faults))


def peak_files(run: Run) -> list[str]:
    return [peaks_of(run, name) for name in profiles(run)]


def unlikely(run: Run) -> list[str]:
    """As `dataset.unlikely`, of the new profiles."""
    told = run.config["peaks"]["unlikely"]
    return [told if run.profiles[name].kind == "peaks" else "take" for name in profiles(run)]


def shards(run: Run) -> list[str]:
    return [run.path("adopt/shards", f"{chrom}.h5") for chrom in run.chromosomes]


def started_runs(run: Run) -> list[list]:
    """[strategy, seed] of all starts."""
    return [[name, seed] for name in starts(run) for seed in run.strategy_seeds(name)]


def of_starts(run: Run, pattern: str) -> list[str]:
    """A file of each, the pattern below `adopt/` with words in braces for strategy and seed."""
    return [
        run.path("adopt", pattern.format(strategy=strategy, seed=seed))
        for strategy, seed in started_runs(run)
    ]


def curve_places(run: Run) -> list[list]:
    """[new profile, seed] of all curves of few positives; none where none is asked."""
    if not run.config["adopt"]["few_shot"]["positives"]:
        return []
    return [[name, seed] for name in profiles(run) for seed in run.seeds]


def curves(run: Run) -> list[str]:
    return [run.path("adopt/few_shot", f"{name}.seed{seed}.tsv") for name, seed in curve_places(run)]


def models_of_seed(run: Run, seed: int) -> dict[str, list[str]]:
    """The packs of each start that is trained with a seed, by strategy."""
    return {
        name: training.models(run, name, seed) for name in starts(run) if seed in run.strategy_seeds(name)
    }


def _drawn(run: Run) -> dict[str, Any]:
    told = run.config["adopt"]
    return {
        **settings(run, "prediction"),
        "n_negatives": told["n_negatives"],
        "seed": told["seed"],
    }


def fit_settings(run: Run, strategy: str) -> dict[str, Any]:
    """What `adopt_profiles` is told; the network and the precision are those of each start."""
    told = run.config["adopt"]
    whole = None
    if told["train"] == "network":
        whole = training_settings(run.config, strategy, len(run.tasks), {**told["training"], **_ALONE})
        whole.pop("threads")
    return canonical({"tasks": profiles(run), "train": told["train"], "training": whole, **_drawn(run)})


def few_shot_settings(run: Run) -> dict[str, Any]:
    """What `measure_few_shot` is told: a network of a profile alone is trained as those of the run's single-task
    strategy, or where there is none as the one of all tasks."""
    told = run.config["adopt"]["few_shot"]
    name = single_strategy(run) or joint_strategy(run) or run.strategies[0]
    alone = training_settings(run.config, name, 1, _ALONE)
    alone.pop("threads")
    return canonical(
        {"positives": sorted(told["positives"]), "draws": told["draws"], "alone": alone, **_drawn(run)}
    )


def threads(run: Run) -> int:
    """Of jobs that ask or train networks of several strategies."""
    return max(training.threads(run, name) for name in starts(run))


def device(run: Run) -> str:
    return training.device(run, starts(run)[0])


def gpus(run: Run) -> int:
    return max(training.gpus(run, name) for name in starts(run))


def scoring_settings(run: Run) -> dict[str, Any]:
    return {**settings(run, "evaluation", run.regions[0]), "tasks": profiles(run)}


def baselines(run: Run) -> list[str]:
    """The run's simple predictors that learn a profile by itself."""
    return [name for name in run.baselines if name in ("gc", "kmer")]


def baseline_settings(run: Run) -> dict[str, Any]:
    """They learn all tasks of the extended data set, each by itself."""
    return {**fit_baselines(run), "tasks": [*run.tasks, *profiles(run)]}


def baseline_metrics(run: Run) -> list[str]:
    return [run.path("adopt/baselines", name, "metrics.tsv") for name in baselines(run)]


def features_mb(run: Run, strategy: str | None = None) -> int:
    """Hidden features in memory, as they are and in the form that a regression is fitted to: of the drawn examples
    and as many again, of both strands of validation."""
    units = max(
        run.training_of(name)["network"]["hidden"] for name in ([strategy] if strategy else starts(run))
    )
    return 2 * run.config["adopt"]["n_negatives"] * units * 32 // 1_000_000


def shown_first(run: Run) -> str | None:
    """The start that is one network of all tasks, beside which gains are told."""
    joint = joint_strategy(run)
    return joint if joint in starts(run) else None
