"""Methods text with every parameter, and what to cite."""

from epigroup import baselines
from epigroup.architecture import LAST_UNPOOLED
from epigroup.grouping import options
from epigroup.report_data import Results
from epigroup.sampling import HEAVIEST
from epigroup.strata import PRESETS

OPTIMISERS = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW"}
KEPT = {
    "group": "the weights of the minimum were kept",
    "task": "each task is scored with the weights of the validation at which its own loss was lowest",
}
BALANCING = {
    "uncertainty": "by learned uncertainties (Kendall et al. 2018)",
    "dwa": "by dynamic weight average (Liu et al. 2019)",
    "famo": "by FAMO (Liu et al. 2023)",
    "gradnorm": "by GradNorm (Chen et al. 2018)",
    "pcgrad": "by PCGrad (Yu et al. 2020)",
    "nash_mtl": "by Nash-MTL (Navon et al. 2022)",
}
LOSSES = {
    "bce": "the binary cross-entropy",
    "focal": "the focal loss with gamma {gamma:g}",
    "poisson": "the Poisson loss",
    "mse": "the squared error",
}
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


def methods(results: Results, config: dict, training: dict, grouping: str | None) -> list[str]:
    """Paragraphs ready for a paper, from the completed config and the data set's own record."""
    dataset, kept = results.dataset, config["dataset"]
    sizes = {
        s: sum(int(c.get(f"n_{s}") or 0) for c in dataset["chromosomes"].values())
        for s in ("train", "validation", "test")
    }
    n_border = sum(int(c.get("n_dropped_border") or 0) for c in dataset["chromosomes"].values())
    data = (
        f"The genome ({dataset['assembly']}) was tiled in bins of {dataset['bin_size']} bp. A bin was "
        f"labelled positive in a profile when one peak "
        f"of the profile covered at least {dataset['min_overlap']} bp of it.{left_out(config)} "
        f"{regions_text(kept, len(results.tasks))} The network reads the {dataset['window']:,} bp around a "
        f"bin, one-hot coded; N is coded as zeros. "
        f"{sizes['train']:,} examples were used for training, {sizes['validation']:,} for validation and "
        f"{sizes['test']:,} for testing; "
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
        *reads_text(results, config),
        *training_text(training),
        *search_text(config),
        grouping_text(config, grouping),
        evaluation_text(results, config),
        *beside_text(config),
    ]


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
        mean = "log(1 + mean)" if dataset["signal_transform"] == "log1p" else "mean"
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


def reads_text(results: Results, config: dict) -> list[str]:
    """How reads became peaks, where any profile may have entered as reads."""
    if results.reads is None:
        return []
    reads, peaks = config["reads"], config["peaks"]
    caller = peaks.get("caller", "macs2").upper()
    trim = "trimmed with fastp and " if reads["trim"] else ""
    return [
        f"Where a profile was given as reads, they were {trim}aligned with bowtie2 (pairs up to "
        f"{reads['max_fragment']:,} bp). Alignments, ours and given ones, were filtered with samtools "
        f"(mapping quality of at least {reads['mapq']}; primary alignments, without duplicates). Their peaks "
        f"were called with {caller} (q below {peaks['qvalue']:g}, for broad profiles below "
        f"{peaks['broad_qvalue']:g} where peaks are linked): those of ATAC-seq and DNase-seq on cut sites, 150 bp "
        "around each; others on fragments, whose length is that of the pairs, or for single reads the peak of the "
        f"strands' cross-correlation ({peaks['extsize']} bp where it has none)."
    ]


def training_text(training: dict) -> list[str]:
    """One paragraph for the settings that most strategies share, one sentence for each that differs."""
    if not training:
        return []
    texts = {name: one_training(settings) for name, settings in training.items()}
    common = max(texts.values(), key=list(texts.values()).count)
    odd = [f"{name}: {text}" for name, text in texts.items() if text != common]
    return [common + (" Strategies trained otherwise: " + " ".join(odd) if odd else "")]


def one_training(settings: dict) -> str:
    """Training settings in words."""
    network = settings["network"]
    filters = ", ".join(map(str, network["channels"]))
    n = len(network["channels"])
    convolutions = "one convolution" if n == 1 else f"{n} convolutions"
    pooled = "all but the last" if network["name"] in LAST_UNPOOLED else "each"
    found = settings["learning_rate"] is None
    rate = "learning rates found by search" if found else f"learning rate {settings['learning_rate']:g}"
    momentum = f", momentum {settings['momentum']:g}" if settings["optimiser"] == "sgd" else ""
    strands = "shown on a random strand" if settings["reverse_complement"] else "shown on the forward strand"
    if settings["jitter"]:
        strands += f" in windows shifted at random by up to {settings['jitter']} bp"
    if settings["sampling"] == "balanced":
        strands += ", half of them with a positive of the group's tasks"
    if settings["sampling"] == "weighted":
        strands += (
            ", drawn with a chance proportional to the mean, over the group's tasks, of label over share of "
            f"positives (at least 1, at most {HEAVIEST:g})"
        )
    hidden = (
        f"{network['hidden']} units that the tasks of a group share"
        if network["head"] == "shared"
        else f"{network['private_hidden']} units for each task alone"
    )
    return (
        f"The network “{network['name']}” has {convolutions} of {filters} filters of width "
        f"{network['filter_width']}, {pooled} followed by max pooling of "
        f"{network['pool']}, dropout {', '.join(f'{d:g}' for d in network['dropout'])}, a hidden layer of "
        f"{hidden}, and one output a task. It was trained with "
        f"{OPTIMISERS.get(settings['optimiser'], settings['optimiser'])} "
        f"({rate}{momentum}, weight decay "
        f"{settings['weight_decay']:g}) on {loss_text(settings)}, "
        f"averaged over examples and the group's tasks, in batches of {settings['batch_size']} examples "
        f"{strands}, for at most {settings['max_steps']:,} steps. "
        f"{descent_text(settings)}"
        f"The validation loss was computed every {settings['validate_every']:,} steps; training stopped "
        f"after {settings['patience']} validations without a new "
        f"minimum, and {KEPT[settings['keep']]}."
    )


def descent_text(settings: dict) -> str:
    """How the tasks of a group share the descent and where it begins, where that is out of the ordinary."""
    text = ""
    if settings["balancing"] != "none":
        text += (
            f"In the training of groups of several tasks these were balanced {BALANCING[settings['balancing']]}; "
            "losses that are shown, and that stopped training, are means without these weights. "
        )
    if settings.get("warm_start") is not None:
        text += f"Networks started from that of {settings['warm_start']} with the same seed, not from random weights. "
    return text


def loss_text(settings: dict) -> str:
    """The loss in words."""
    words = LOSSES[settings["loss"]].format(gamma=settings["focal_gamma"])
    weight = settings["positive_weights"]
    if weight == "none":
        return words
    if weight == "balanced":
        weight = (
            "by the training set's ratio of negatives to positives of the task (at most "
            f"{settings['max_positive_weight']:g})"
        )
        return f"{words}, positives weighted {weight}"
    return f"{words}, positives weighted by {weight:g}"


def search_text(config: dict) -> list[str]:
    """How learning rates were found, a sentence a search that strategies use."""
    texts = []
    for name, spec in config.get("searches", {}).items():
        users = [s for s, strategy in config["strategies"].items() if strategy.get("search") == name]
        if not users:
            continue
        if spec.get("rates"):
            tried = ", ".join(f"{rate:g}" for rate in spec["rates"])
        else:
            low, high = spec["range"]
            tried = f"{spec['trials']} drawn between {low:g} and {high:g} on a log scale"
        how = (
            f"and then the best of them less and plus {spec['refine']:g}"
            if spec["method"] == "two_phase"
            else f"by asynchronous successive halving (reduction {spec['reduction']}, Optuna)"
        )
        whom = (
            f"{spec['tasks']} tasks drawn from the modalities, whose lowest mean loss chose one rate for all"
            if "tasks" in spec
            else "each group"
        )
        texts.append(
            f"Learning rates of {', '.join(users)}: {tried}, {how}, were tried on {whom}, each for "
            f"{100 * spec['steps_share']:g} % of the steps, and judged by the lowest validation loss."
        )
    return [" ".join(texts)] if texts else []


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
    labels = config["dataset"]["targets"] == "labels"
    best = (
        "F1 on every other block of the validation split, at the threshold of the blocks between"
        if labels
        else "Pearson correlation on the validation split"
    )
    kept = " The task keeps that strategy's threshold." if labels else ""
    chosen = [
        f" {name} trains nothing: for each task it takes the strategy out of {', '.join(spec['among'])} with "
        f"the best {best}; "
        f"with n {'positives' if labels else 'bins with a peak'} there the difference from the mean of the "
        f"candidates is weighted by n / (n + {spec['shrink']:g}) and that of the modality by the rest.{kept}"
        for name, spec in config["choices"].items()
    ]
    return (
        "Each strategy trains one network a group of tasks. "
        + "; ".join(parts)
        + ". E has a row a task: the weights of its output in the network trained on all tasks (Shiri & "
        "Sun 2022, section II.A)." + "".join(chosen)
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
        + ", the same draws for both strategies, seeds averaged within a draw."
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


def beside_text(config: dict) -> list[str]:
    """What networks were held against beside each other, and where."""
    found = []
    chosen, strata = config.get("baselines", {}), config.get("strata")
    if names := chosen.get("names"):
        fitted = {"gc", "kmer"} & set(names)
        found.append(
            "Baselines on the same bins: "
            + "; ".join(f"{name}, {baselines.words(name)}" for name in names)
            + "."
            + (
                f" Regressions were fitted on at most {chosen['examples']:,} training bins drawn at random, the L2 "
                f"penalty of each task chosen among {', '.join(f'{x:g}' for x in chosen['l2'])} by validation log "
                "loss."
                if fitted
                else ""
            )
        )
    if strata is not None:
        edges = strata["edges"] or PRESETS.get(strata["preset"])
        found.append(
            "Test bins were stratified by the number of distinct cell types with an accessibility peak (without "
            "accessibility profiles: with a peak of the same target, else by tasks with a peak; Kathail et al. 2024), "
            + (f"with edges {', '.join(map(str, edges))}" if edges else f"in {strata['quantiles']} quantiles")
            + f", by GC in {strata['gc_quantiles']} quantiles"
            + (" and by distance to the nearest transcription start" if config["genome"].get("gtf") else "")
            + ". Strata are compared by AUROC and by AUPRC less the base rate."
        )
    return found


def citations(config: dict, results: Results) -> list[str]:
    """The method, and the software that a run uses."""
    beside = []
    if config.get("strata") is not None:
        beside.append(
            "Kathail P et al. Current genomic deep learning models display decreased performance in cell "
            "type-specific accessible regions. Genome Biology 25, 202 (2024). Strata."
        )
    if "mean_label" in config.get("baselines", {}).get("names", []):
        beside.append(
            "Schreiber J, Singh R, Bilmes J, Noble WS. A pitfall for machine learning methods aiming to predict "
            "across cell types. Genome Biology 21, 282 (2020). The mean label of the other tasks."
        )
    from_reads = []
    if results.reads is not None:
        from_reads = [
            "Zhang Y et al. Model-based analysis of ChIP-Seq (MACS). Genome Biology 9, R137 (2008). Where "
            "peaks were called from reads.",
            "Langmead B, Salzberg SL. Fast gapped-read alignment with Bowtie 2. Nature Methods 9, 357-359 "
            "(2012). Where reads were aligned.",
            "Danecek P et al. Twelve years of SAMtools and BCFtools. GigaScience 10, giab008 (2021).",
            "Chen S et al. fastp: an ultra-fast all-in-one FASTQ preprocessor. Bioinformatics 34, i884-i890 "
            "(2018). Where reads were trimmed.",
            "Quinlan AR, Hall IM. BEDTools: a flexible suite of utilities for comparing genomic features. "
            "Bioinformatics 26, 841-842 (2010).",
        ]
    return [
        *beside,
        "Shiri M, Sun J. Highly scalable task grouping for deep multi-task learning in prediction of "
        "epigenetic events. arXiv:2209.11892 (2022).",
        "Zhou J, Troyanskaya OG. Predicting effects of noncoding variants with deep learning-based "
        "sequence model. Nature Methods 12, 931-934 (2015). The network.",
        "Mölder F et al. Sustainable data analysis with Snakemake. F1000Research 10, 33 (2021).",
        "Paszke A et al. PyTorch: an imperative style, high-performance deep learning library. NeurIPS "
        "32 (2019).",
        *from_reads,
        "Pedregosa F et al. Scikit-learn: machine learning in Python. JMLR 12, 2825-2830 (2011). Clustering.",
        "Akiba T et al. Optuna: a next-generation hyperparameter optimization framework. KDD (2019). Where "
        "learning rates were searched by halving.",
        "Harris CR et al. Array programming with NumPy. Nature 585, 357-362 (2020).",
    ]
