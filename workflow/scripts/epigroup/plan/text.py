"""The plan of a config as text for a terminal."""

from collections.abc import Sequence

from epigroup.plan.disk import Disk
from epigroup.plan.files import Files
from epigroup.plan.imputation import describe_imputation
from epigroup.plan.jobs import count_jobs
from epigroup.plan.plan import Plan
from epigroup.plan.scratch import Scratch
from epigroup.plan.strategies import CPU_FLOPS, GPU_FLOPS, STEP_SECONDS
from epigroup.plan.trials import literal_trainings

# What hours are of: on a GPU or not.
UNITS = {True: "GPU", False: "core"}


def describe_jobs(plan: Plan) -> list[str]:
    """Jobs by stage."""
    jobs = count_jobs(plan.rules)
    lines = ["", "Jobs, on an empty results folder", *layout(list(jobs.items()))]
    return [*lines, f"  together {sum(jobs.values()):,}"]


def describe(plan: Plan) -> str:
    """The plan as text for a terminal, with the formulas behind it."""
    if plan.imputation is not None and not plan.strategies:
        return "\n".join([plan.name, *describe_imputation(plan.imputation), *describe_jobs(plan)])
    lines = [f"{plan.name}: {plan.n_tasks} tasks", "", "Trainings"]
    head = (
        "strategy",
        "network",
        "weights",
        "seeds",
        "trainings",
        "tasks in each",
        "jobs",
        "steps",
        "hours at least",
        "at most",
    )
    rows = []
    for s in plan.strategies:
        sizes = ", ".join(f"{n} x {tasks}" if n > 1 else f"{tasks}" for n, tasks in s.sizes)
        if not s.sizes_known:
            sizes = f"{s.sizes[0][0]} x about {s.sizes[0][1]}"
        unit = "GPU" if s.gpu else "core"
        rows.append(
            (
                s.name,
                s.network,
                count_text(s.weights),
                s.seeds,
                s.trainings,
                sizes,
                s.jobs,
                f"{s.least_steps:,}-{s.steps:,}",
            )
            + (f"{hours_text(s.least_hours)} {unit}", f"{hours_text(s.hours)} {unit}")
        )
    lines += layout([head, *rows])
    for gpu, unit in ((True, "GPU"), (False, "core")):
        chosen = [s for s in plan.strategies if s.gpu is gpu]
        if chosen:
            least, most = sum(s.least_hours for s in chosen), sum(s.hours for s in chosen)
            n = sum(s.trainings for s in chosen)
            lines.append(f"  {n} trainings, {hours_text(least)} to {hours_text(most)} {unit}-hours")
    lines += describe_trials(plan)
    lines += describe_imputation(plan.imputation)
    lines += [*describe_disk(plan.disk), *describe_scratch(plan.scratch), *describe_files(plan.files)]
    lines += [*describe_jobs(plan), *describe_folds(plan)]
    lines += [
        "",
        "How this is reckoned",
        "  hours = trainings x steps x seconds a step; a step = batch size x FLOP of an example / rate",
        "  FLOP of an example in training = 3 x forward - the first layer, whose input needs no gradient;",
        "    validations are left out, whose bins are not known yet: a few % of large networks, a fifth and more of",
        "    small ones; costs.tsv of the finished run has both, by the clock of your machine",
        "  steps at least = (patience + 1) x validate_every, at most = max_steps; early stopping decides",
        f"  assumed: a GPU sustains {GPU_FLOPS / 1e12:g} TFLOP/s (a V100 in float32), a core "
        f"{CPU_FLOPS / 1e9:g} GFLOP/s (bfloat16);",
        f"    a step takes at least {STEP_SECONDS[True] * 1e3:g} and {STEP_SECONDS[False] * 1e3:g} ms",
        "    `training.device: auto` counts as a GPU; where a job finds none, cores compute, "
        f"up to {GPU_FLOPS / CPU_FLOPS:g} times as long",
        "  the log of a training job shows your machine's examples/s: scale the hours by it",
    ]
    return "\n".join(lines)


def describe_disk(disk: Disk) -> list[str]:
    """What stays and what stands there in passing, and the totals."""
    rows: list[tuple] = [("what", "kept", "in passing: a job", "all jobs", "until", "how this is reckoned")]
    for one in disk.rows:
        passing = [size_text(size) for size in (one.passing, one.at_once)] if one.freed else ["", ""]
        rows.append((one.what, size_text(one.kept), *passing, one.freed, one.how))
    more = "" if disk.complete else ", and what is not known yet (?)"
    return [
        "",
        "Disk, in the results folder",
        *layout(rows),
        f"  kept at the end {size_text(disk.kept)}{more}",
        f"  in passing, at most {size_text(disk.passing)}{more}: if all jobs that make such files run side by side"
        f"; the largest is {size_text(disk.largest)}",
        f"  peak, at most {size_text(disk.kept + disk.passing)}{more}",
        "  what is in passing goes when the last job that reads it has ended; where a run fails before, it stays",
        *([] if disk.complete else ["  ?: it hangs on the size of files that are not there yet"]),
        "  logs, tables, figures, the report and what a simulation makes are not among them",
    ]


def describe_scratch(scratch: Sequence[Scratch]) -> list[str]:
    """What jobs put into the temporary folder of their node."""
    if not scratch:
        return []
    return [
        "",
        "Scratch, in the temporary folder of a node (TMPDIR), of the job that takes most",
        *layout([(one.rule, size_text(one.size), one.how) for one in scratch]),
        "  as much again for each such job that runs beside it on its node; TMPDIR=/PATH snakemake ... names another "
        "folder,",
        "    on a cluster the resource tmpdir in the profile",
    ]


def describe_files(files: Files) -> list[str]:
    """Files of a run when it has ended."""
    return [
        "",
        "Files at the end, folders not counted",
        *layout(
            [
                ("outputs", f"{files.outputs:,}"),
                ("logs and benchmarks", f"{files.logs:,}"),
                ("notes on processors, at most", f"{files.measured:,}"),
                ("what made each result", 1),
                (
                    "results, at most",
                    f"{files.results:,}",
                    f"and {files.passing:,} in passing, were all there at once",
                ),
                (
                    ".snakemake, at most",
                    f"{files.snakemake:,}",
                    "one an output, and a log more for each further run",
                ),
            ]
        ),
    ]


def describe_trials(plan: Plan) -> list[str]:
    """The searches of learning rates, what they leave out of the literal protocol, and the patience study."""
    lines = []
    if plan.searches:
        rows: list[tuple] = [
            ("strategy", "method", "networks", "trials each", "steps each", "jobs", "hours at most")
        ]
        rows += [
            (s.strategy, s.method, s.networks, s.trials, f"{s.steps:,}", s.jobs)
            + (f"{hours_text(s.hours)} {'GPU' if s.gpu else 'core'}",)
            for s in plan.searches
        ]
        trained = {s.name: s.trainings for s in plan.strategies}
        literal = literal_trainings(trained, plan.searches)
        trials = sum(s.networks * s.trials for s in plan.searches)
        worth = sum(s.worth for s in plan.searches)
        lines += ["", "Searches of learning rates", *layout(rows)]
        lines += [
            "  the literal protocol trains every trial to max_steps and keeps the best of each group: "
            f"{literal} trainings;",
            f"    here {sum(trained.values())}, and {trials} trials worth the steps of {worth:.1f}",
        ]
    if plan.study is not None:
        unit = "GPU" if plan.study.gpu else "core"
        lines += ["", "Patience study"]
        lines.append(
            f"  {plan.study.profiles} full-length trainings of {plan.study.steps:,} steps, "
            f"{hours_text(plan.study.hours)} {unit}-hours"
        )
    if lines:
        taken = hours_at_most(plan)
        if plan.study is not None:
            taken[plan.study.gpu].append(plan.study.hours)
        lines += [
            line
            for gpu, hours in taken.items()
            if hours
            for line in ("", f"All of these together: at most {hours_text(sum(hours))} {UNITS[gpu]}-hours")
        ]
    return lines


def describe_folds(plan: Plan) -> list[str]:
    """What `snakemake folds` makes several times, where the config has further folds."""
    n = plan.folds
    if n == 1:
        return []
    hours = [
        f"{hours_text(n * sum(found))} {UNITS[gpu]}-hours"
        for gpu, found in hours_at_most(plan).items()
        if found
    ]
    return [
        "",
        f"Folds: {n}, and all above is of one",
        f"  trainings, searches, groupings, scores, baselines and the audit are made {n} times: at most "
        f"{' and '.join(hours)},",
        f"    and kept at the end {size_text((n - 1) * plan.disk.kept_of_fold)} more for the {n - 1} beside the first",
        "  what comes before the splits is made once, and so are figures and report",
    ]


def hours_at_most(plan: Plan) -> dict[bool, list[float]]:
    """{on a GPU: hours of each strategy and search}."""
    taken = [(s.gpu, s.hours) for s in plan.strategies] + [(s.gpu, s.hours) for s in plan.searches]
    return {gpu: [hours for of_gpu, hours in taken if of_gpu is gpu] for gpu in UNITS}


def layout(rows: list[tuple]) -> list[str]:
    """Rows as lines of aligned columns; rows may end early."""
    texts = [[str(cell) for cell in row] for row in rows]
    longest = max(map(len, texts))
    texts = [row + [""] * (longest - len(row)) for row in texts]
    widths = [max(len(row[i]) for row in texts) for i in range(longest)]
    return ["  " + "  ".join(t.ljust(w) for t, w in zip(row, widths, strict=True)).rstrip() for row in texts]


def hours_text(hours: float) -> str:
    """Hours as text: 3,832 or 62.7 or 0.013."""
    return f"{hours:,.0f}" if hours >= 100 else f"{hours:.1f}" if hours >= 1 else f"{hours:.2g}"


def count_text(n: int) -> str:
    """A large number as text: 16.9 M."""
    return f"{n / 1e6:.1f} M" if n >= 1e6 else f"{n / 1e3:.1f} k" if n >= 1e3 else str(n)


def size_text(size: int | None) -> str:
    """Bytes as text: 77.2 GB; `?` for None, `0` for none."""
    if not size:
        return "?" if size is None else "0"
    for unit, scale in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}"
    return f"{size / 1e3:.1f} kB"
