"""Methods text with every parameter, and what to cite."""

from collections.abc import Collection, Mapping

from epigroup import baselines
from epigroup.grouping import options
from epigroup.report.methods.choice_text import choice_sentences
from epigroup.report.methods.training_text import search_text, training_text
from epigroup.report.sections.identity import trained_with, versions
from epigroup.report.sections.strategies import span_text
from epigroup.results.run import Results
from epigroup.strata.definitions import PRESETS

METHOD_WORDS = {
    "single": "every task a group of its own",
    "all": "one group of all tasks",
    "kmeans": "k-means",
    "ward": "Ward's agglomerative clustering",
    "spectral": "spectral clustering",
    "dbscan": "DBSCAN",
    "ssc": "sparse subspace clustering",
    "sca": "a Gaussian mixture on what a graph attention network says of each task, from the task affinities",
    "tag": "the groups with the largest mean affinity of their tasks for each other",
    "pairs": "pairs of tasks",
    "random": "random groups",
    "table": "groups from a table",
}
VECTOR_WORDS = {
    "raw": "the rows of E",
    "l2": "the rows of E scaled to length 1",
    "logit_covariance": "the rows of E times the square root of the covariance of the hidden features, "
    "scaled to length 1 (their inner products are the correlations of the predicted logits)",
    "labels": "the correlation of the training targets",
}


def methods(
    results: Results, config: dict, training: Mapping, grouping: str | None, used: Collection[str]
) -> list[str]:
    """Paragraphs ready for a paper, from the completed config and the data set's own record. used: archives and
    programs, of `run.report.software`."""
    dataset, kept = results.dataset, config["dataset"]
    sizes = {
        s: sum(int(c.get(f"n_{s}") or 0) for c in dataset["chromosomes"].values())
        for s in ("train", "validation", "test")
    }
    n_border = sum(int(c.get("n_dropped_border") or 0) for c in dataset["chromosomes"].values())
    data = (
        f"The genome ({config['genome']['assembly']}) was tiled in bins of {dataset['bin_size']} bp. A bin was "
        f"labelled positive in a profile when one peak "
        f"of the profile covered at least {dataset['min_overlap']} bp of it.{left_out(config)} "
        f"{regions_text(kept, len(results.tasks))} The network reads the {dataset['window']:,} bp around a "
        f"bin, one-hot coded; N is coded as zeros. "
        f"{sizes['train']:,} examples were used for training, {sizes['validation']:,} for validation and "
        f"{sizes['test']:,} for testing, "
        + f"{splits_text(dataset)}; "
        + (
            "an example belongs to a split when its whole window lies in the split's regions; "
            + (
                f"{n_border:,} bins whose window crosses a border were left out."
                if n_border
                else "no window crosses a border."
            )
            if dataset["splits"]["rule"] == "window"
            else "an example belongs to a split when the start of its bin lies in the split's regions."
        )
    )
    return [
        data,
        *reads_text(config, used),
        *training_text(training),
        seeds_text(results),
        *search_text(config),
        grouping_text(config, grouping),
        *sweep_text(config),
        evaluation_text(results, config),
        *beside_text(results, config),
        audit_text(config),
        software_text(results),
    ]


def software_text(results: Results) -> str:
    """Versions of the training's software and of the report's."""
    trained = "Versions of what the networks were trained with are not recorded"
    if results.trained is not None:
        trained = f"Networks were trained with {trained_with(results)}"
    return f"{trained}; the report was made with {versions()}."


def splits_text(dataset: Mapping) -> str:
    """Where validation and test lie."""
    of_splits = {}
    for split in ("validation", "test"):
        spans = dataset["splits"][split]
        of_splits[split] = ", ".join(map(span_text, spans)) if isinstance(spans, list) else str(spans)
    return (
        f"validation on {of_splits['validation']} and test on {of_splits['test']} "
        "(spans from 0, the end not in them)"
    )


def seeds_text(results: Results) -> str:
    """Which seeds each strategy has."""
    of_strategy = {
        str(name): ", ".join(map(str, sorted(seeds.unique())))
        for name, seeds in results.metrics.groupby("strategy")["seed"]
    }
    common = max(of_strategy.values(), key=list(of_strategy.values()).count)
    odd = [f"{name}: {seeds}" for name, seeds in of_strategy.items() if seeds != common]
    return (
        f"Seed{'s' if ',' in common else ''} of the networks' first weights and of the order of examples: {common}"
        + (f" ({'; '.join(odd)})" if odd else "")
        + "."
    )


def sweep_text(config: dict) -> list[str]:
    """What was tried for the number of groups."""
    sweep = config.get("sweep")
    if sweep is None:
        return []
    how = " and ".join(METHOD_WORDS.get(name, name) for name in sweep["methods"])
    vectors = " and ".join(VECTOR_WORDS[name] for name in sweep["vectors"])
    return [
        f"Numbers of groups K of {', '.join(map(str, sweep['k']))} were measured with {how} on {vectors} of "
        f"{sweep['heads_from']} ({sweep['starts']} starts), which trains nothing."
    ]


def audit_text(config: dict) -> str:
    """What the audit looked for, and how."""
    audit = config["audit"]
    return (
        "The run was audited for known pitfalls (Whalen et al. 2022). A window counts as near-identical to another "
        f"split's when at least {100 * audit['similarity']:g} % of its {audit['kmer']}-mers, of which about "
        f"{audit['sketch']} a window were sampled, occur there in one stretch; more than "
        f"{100 * audit['warn_share']:g} % of such windows are a warning, more than {100 * audit['fail_share']:g} % a "
        f"failure. Tasks with fewer than {audit['min_positives']} positives in a split are named. Scores were held "
        f"against technique by {audit['draws']:,} permutations (seed {audit['seed']})."
    )


def regions_text(dataset: dict, n_tasks: int) -> str:
    """Which bins trained, and which validated and tested."""
    peak, mappable = f"bins positive in at least one of the {n_tasks} profiles", "all mappable bins"
    share = f"{100 * dataset['negatives_share']:g} % of them"
    training = {
        "any_peak": peak,
        "all_mappable": mappable,
        "mix": f"{peak}, and bins positive in none, drawn at random to be {share}",
        "gc_matched": f"{peak}, and bins positive in none, drawn with the same GC content to be {share}",
    }[dataset["training_regions"]]
    evaluation = {"any_peak": peak, "all_mappable": mappable, "both": peak}[dataset["evaluation_regions"]]
    text = ""
    if dataset["targets"] == "signal":
        mean = {"none": "mean", "log1p": "log(1 + mean)", "arcsinh": "arcsinh of the mean"}[
            dataset["signal_transform"]
        ]
        text = (
            f"A target is the {mean} of the profile's signal over a bin, bases without a value counting as 0; "
            "peaks say only which bins are used. "
        )
    text += (
        f"Training, validation and test used {training}."
        if training == evaluation
        else f"Training used {training}; validation and test used {evaluation}."
    )
    if dataset["evaluation_regions"] == "both":
        text += (
            f" The same networks were also scored on {mappable}"
            + (
                ", with thresholds chosen on such bins of the validation split"
                if dataset["targets"] == "labels"
                else ""
            )
            + "; early stopping looked at the bins with a peak alone."
        )
    return text


def left_out(config: dict) -> str:
    """Which bins were dropped whatever their labels."""
    reasons = []
    if config["genome"]["blacklist"]:
        reasons.append("that touch the blacklist")
    if config["dataset"]["max_n_fraction"] < 1:
        reasons.append(f"whose window is more than {100 * config['dataset']['max_n_fraction']:g} % N")
    return f" Bins {' or '.join(reasons)} were dropped." if reasons else ""


def reads_text(config: dict, used: Collection[str]) -> list[str]:
    """How reads became peaks, where any profile entered as reads or alignments."""
    if "samtools" not in used:
        return []
    reads, peaks = config["reads"], config["peaks"]
    text = ""
    if "bowtie2" in used:
        joined = "joined over the lanes of a replicate, " if "lanes" in used else ""
        trim = "trimmed with fastp and " if "fastp" in used else ""
        text = (
            f"Where a profile was given as reads, they were {joined}{trim}aligned with bowtie2 (pairs up to "
            f"{reads['max_fragment']:,} bp). "
        )
    text += (
        f"Alignments{', ours and given ones,' if text else ''} were sorted and their duplicates marked with samtools, "
        f"and filtered (mapping quality of at least {reads['mapq']}; primary alignments, without duplicates)."
    )
    if reads.get("fragments"):
        text += (
            f" Of each profile {reads['fragments']:,} fragments were drawn at random from those left, so that all have "
            "the same depth (controls are whole)."
        )
    if "macs" not in used:
        return [text]
    caller = peaks.get("caller", "macs2").upper()
    return [
        f"{text} Their peaks "
        f"were called with {caller} (q below {peaks['qvalue']:g}, for broad profiles below "
        f"{peaks['broad_qvalue']:g} where peaks are linked): those of ATAC-seq and DNase-seq on cut sites, 150 bp "
        "around each; others on fragments, whose length is that of the pairs, or for single reads the peak of the "
        f"strands' cross-correlation ({peaks['extsize']} bp where it has none).{replicates_text(peaks, used)}"
    ]


def replicates_text(peaks: Mapping, used: Collection[str]) -> str:
    """Which peaks of profiles of several replicates were kept, where not all were."""
    how = peaks.get("replicates", "pooled")
    if how == "pooled":
        return ""
    kept = "when peaks of two replicates and it overlap by half of either"
    if how == "idr" and "idr" in used:
        kept = "at an irreproducible discovery rate (IDR) of at most 0.05, of broad profiles " + kept
    return f" Of profiles of several replicates a peak of the pooled reads was kept {kept}."


def grouping_text(config: dict, grouping: str | None) -> str:
    """Which strategies there are and how their groups were made."""
    parts = []
    pools = config["comparison"]["pools"]
    of_pool = {member: pool for pool, members in pools.items() for member in members}
    for name, strategy in config["strategies"].items():
        pool = of_pool.get(name)
        if pool is not None and name != pools[pool][0]:
            continue
        spec = config["groupings"][strategy["grouping"]]
        words = grouping_words(spec)
        parts.append(f"{name}: {words}" if pool is None else f"{pool} (mean of {len(pools[pool])}): {words}")
    return (
        "Each strategy trains one network a group of tasks. "
        + "; ".join(parts)
        + ". E has a row a task: the weights of its output in the network trained on all tasks (Shiri & "
        "Sun 2022, section II.A)." + "".join(f" {sentence}" for sentence in choice_sentences(config))
    )


def grouping_words(spec: dict) -> str:
    """How a grouping was made, from its config."""
    method = spec["of"] if spec["method"] == "consensus" else spec["method"]
    words = METHOD_WORDS.get(method, f"groups by the method “{method}”")
    if method == "sheet":
        words = "groups by " + " and ".join(c.replace("_", " ") for c in spec["columns"] or [])
    if "vectors" in options(method, spec):
        words += f" on {VECTOR_WORDS[spec['vectors']]}"
        if spec["append"]:
            words += " with " + " and ".join(spec["append"])
        if spec["heads_from"]:
            words += f" of {spec['heads_from']}"
    if spec["method"] == "consensus":
        words = f"the consensus over networks of {words}"
    if spec["k"]:
        words += f", K = {spec['k']}"
    if "starts" in options(method, spec):
        words += f", {spec['starts']} starts"
    if spec["like"]:
        words += f" of the sizes of “{spec['like']}”"
    return words


def evaluation_text(results: Results, config: dict) -> str:
    """Thresholds, means, intervals."""
    floor = config["evaluation"]["min_validation_positives"]
    comparison = config["comparison"]
    blocks = results.headline.get("block_size")
    interval = (
        "No intervals are given: there are too few test-set blocks."
        if results.headline.get("interval_withheld")
        else "Intervals are the 2.5th and 97.5th percentile of "
        f"{comparison['bootstrap']:,} draws of test-set blocks"
        + (f" of {blocks:,} bp" if blocks else "")
        + f", the same draws for both strategies, seeds averaged within a draw (seed {comparison['seed']})."
    )
    if draws := config["evaluation"]["interval_draws"]:
        interval += f" Intervals of single tasks: {draws:,} draws of such blocks."
    interval += (
        " Over folds and seeds a gain is the mean over folds of that over seeds; its intervals are Student's over "
        "folds, or over seeds where there is one fold, and one by draws of folds, seeds, the strategies of pools and "
        "test-set blocks."
    )
    strands = (
        "Every window was scored on both strands, and the mean of the two predictions taken. "
        if config["evaluation"]["both_strands"]
        else ""
    )
    if results.names.targets == "signal":
        return (
            f"{strands}Strategies are compared by Pearson's correlation of target and prediction over the test "
            "examples of a task, averaged over tasks; a task whose signal or prediction never changes there has "
            "none and is left out of means. A gain is the ratio of means less one. "
            f"{interval} Nothing was fitted, chosen or tuned on the test set."
        )
    return (
        f"{strands}The threshold of each task was chosen on the validation examples for the highest F1 "
        "and frozen; with fewer than "
        f"{floor} validation positives it is 0.5, and the task is flagged. A task without test positives "
        f"has no score and is left out of means; no predicted "
        "positive gives an F1 of 0. A gain is the ratio of mean F1 scores less one (as Table III of "
        f"Shiri & Sun 2022). {interval} Nothing was fitted, chosen or tuned on the test set."
    )


def fitted_text(chosen: dict) -> str:
    """How the baselines that are regressions were fitted, and what their red line is. chosen: the config's section."""
    names = chosen["names"]
    logistic, ridge = (
        [name for name in names if baselines.penalties(name) == key] for key in ("l2", "ridge")
    )
    text = (
        f" Regressions were fitted on at most {chosen['examples']:,} training bins drawn at random."
        if logistic or ridge
        else ""
    )
    if logistic:
        text += (
            " The L2 penalty of the logistic regression was chosen for each task among "
            f"{', '.join(f'{x:g}' for x in chosen['l2'])} by validation log loss."
        )
    if ridge:
        ways = {
            "kmer": "by each task",
            "kmer_low_rank": "by all tasks at once with a rank among " + ", ".join(map(str, chosen["ranks"])),
        }
        chosen_by = " and ".join(ways.get(name, f"as “{name}” does") for name in ridge)
        penalties = ", ".join(f"{x:g}" for x in chosen["ridge"])
        text += (
            " Ridge regressions (Hoerl & Kennard 1970; of low rank: Izenman 1975, Mukherjee & Zhu 2011) took the "
            f"penalty among {penalties} that explains most of the variance of validation labels, chosen "
            f"{chosen_by}; their scores became probabilities by a logistic map "
            "a task, from validation bins (from training bins where fewer than 10 of these are positive). A strategy "
            "beats them where the 95 % interval of the difference in mean test AUPRC, over the same draws of test "
            "blocks, lies above 0."
        )
    return text


def beside_text(results: Results, config: dict) -> list[str]:
    """What networks were held against beside each other, and where."""
    found = []
    chosen, strata = config.get("baselines", {}), config.get("strata")
    if names := chosen.get("names"):
        found.append(
            "Baselines on the same bins: "
            + "; ".join(f"{name}, {baselines.words(name)}" for name in names)
            + "."
            + fitted_text(chosen)
        )
    if strata is not None:
        edges = strata["edges"] or PRESETS.get(strata["preset"])
        names = stratum_names_of(results)
        found.append(
            "Test bins were stratified by the number of distinct cell types with an accessibility peak (without "
            "accessibility profiles: with a peak of the same target, else by tasks with a peak; Kathail et al. 2024), "
            + (f"with edges {', '.join(map(str, edges))}" if edges else f"in {strata['quantiles']} quantiles")
            + in_brackets(names.get("specificity"))
            + f", by GC in {strata['gc_quantiles']} quantiles"
            + in_brackets(names.get("gc"))
            + (
                " and by distance to the nearest transcription start, from "
                f"{', '.join(f'{edge:,}' for edge in strata['tss_edges'])} bp"
                if config["genome"].get("gtf")
                else ""
            )
            + ". Strata are compared by AUROC and by AUPRC less the base rate. Seeds were held against each other on "
            f"{strata['sample']:,} bins of the most specific and of the most ubiquitous stratum."
        )
    return found


def stratum_names_of(results: Results) -> dict[str, list[str]]:
    """The strata that the run has, by what they go by, in their order."""
    if results.strata is None:
        return {}
    ordered = results.strata.sort_values("rank", kind="stable")
    return {str(by): list(dict.fromkeys(part["stratum"])) for by, part in ordered.groupby("by")}


def in_brackets(names: list[str] | None) -> str:
    """The strata's names behind the words."""
    return f" ({'; '.join(names)})" if names else ""
