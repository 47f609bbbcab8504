"""What to cite: the method, the archives and the software that a run uses, and nothing that it does not."""

from collections.abc import Collection, Mapping

SHIRI = (
    "Shiri M, Sun J. Highly scalable task grouping for deep multi-task learning in prediction of "
    "epigenetic events. arXiv:2209.11892 (2022)."
)
NETWORKS = {
    "deepsea": "Zhou J, Troyanskaya OG. Predicting effects of noncoding variants with deep learning-based "
    "sequence model. Nature Methods 12, 931-934 (2015). The network.",
    "dilated": "Avsec Ž et al. Base-resolution models of transcription-factor binding reveal soft motif syntax. Nature "
    "Genetics 53, 354-366 (2021). Dilated convolutions of the network.",
}
GROUPINGS = {
    "dbscan": "Ester M, Kriegel H-P, Sander J, Xu X. A density-based algorithm for discovering clusters in large "
    "spatial databases with noise. KDD, 226-231 (1996). DBSCAN.",
    "ssc": "Elhamifar E, Vidal R. Sparse subspace clustering: algorithm, theory, and applications. IEEE TPAMI 35, "
    "2765-2781 (2013). Sparse subspace clustering.",
    "tag": "Fifty C et al. Efficiently identifying task groupings for multi-task learning. NeurIPS 34 (2021). Groups "
    "from task affinities.",
    "sca": "Thakur et al. Efficient task grouping through sample-wise optimisation landscape analysis (2024). Groups "
    "from task affinities, SCA.",
}
CLUSTERED = ("kmeans", "ward", "spectral", "dbscan", "ssc", "sca", "tag", "consensus")
BALANCING = {
    "uncertainty": "Kendall A, Gal Y, Cipolla R. Multi-task learning using uncertainty to weigh losses for scene "
    "geometry and semantics. CVPR (2018). Balancing of tasks.",
    "dwa": "Liu S, Johns E, Davison AJ. End-to-end multi-task learning with attention. CVPR (2019). Balancing of "
    "tasks.",
    "famo": "Liu B, Feng Y, Stone P, Liu Q. FAMO: fast adaptive multitask optimization. NeurIPS 36 (2023). Balancing "
    "of tasks.",
    "gradnorm": "Chen Z, Badrinarayanan V, Lee C-Y, Rabinovich A. GradNorm: gradient normalization for adaptive loss "
    "balancing in deep multitask networks. ICML (2018). Balancing of tasks.",
    "pcgrad": "Yu T et al. Gradient surgery for multi-task learning. NeurIPS 33 (2020). Balancing of tasks.",
    "nash_mtl": "Navon A et al. Multi-task learning as a bargaining game. ICML (2022). Balancing of tasks.",
    "reptile": "Nichol A, Achiam J, Schulman J. On first-order meta-learning algorithms. arXiv:1803.02999 (2018). "
    "Training of a start for tasks.",
}
LORA = "Hu EJ et al. LoRA: low-rank adaptation of large language models. ICLR (2022). Adapters."
FOCAL = "Lin T-Y et al. Focal loss for dense object detection. ICCV (2017). The loss."
KATHAIL = (
    "Kathail P et al. Current genomic deep learning models display decreased performance in cell "
    "type-specific accessible regions. Genome Biology 25, 202 (2024). Strata."
)
SCHREIBER = (
    "Schreiber J, Singh R, Bilmes J, Noble WS. A pitfall for machine learning methods aiming to predict "
    "across cell types. Genome Biology 21, 282 (2020). The mean label of the other tasks."
)
RIDGE = {
    "kmer": (
        "Hoerl AE, Kennard RW. Ridge regression: biased estimation for nonorthogonal problems. Technometrics 12, 55-67 "
        "(1970). The regressions on 6-mers.",
    ),
    "kmer_low_rank": (
        "Izenman AJ. Reduced-rank regression for the multivariate linear model. Journal of Multivariate Analysis 5, "
        "248-264 (1975). The regression of low rank over the tasks.",
        "Mukherjee A, Zhu J. Reduced rank ridge regression and its kernel extensions. Statistical Analysis and Data "
        "Mining 4, 612-622 (2011). The regression of low rank over the tasks, with its penalty.",
    ),
}
WHALEN = (
    "Whalen S, Schreiber J, Noble WS, Pollard KS. Navigating the pitfalls of applying machine learning in genomics. "
    "Nature Reviews Genetics 23, 169-181 (2022). The audit."
)
# By the names of `run.report.software`, in the order of a run.
SOFTWARE = {
    "ena": "Leinonen R et al. The European Nucleotide Archive. Nucleic Acids Research 39, D28-D31 (2011). Reads by "
    "accession; cite the studies too.",
    "encode": "Luo Y et al. New developments on the Encyclopedia of DNA Elements (ENCODE) data portal. Nucleic Acids "
    "Research 48, D882-D889 (2020). Files by accession; cite the experiments too.",
    "fastp": "Chen S et al. fastp: an ultra-fast all-in-one FASTQ preprocessor. Bioinformatics 34, i884-i890 (2018). "
    "Reads were trimmed.",
    "bowtie2": "Langmead B, Salzberg SL. Fast gapped-read alignment with Bowtie 2. Nature Methods 9, 357-359 (2012). "
    "Reads were aligned.",
    "samtools": "Danecek P et al. Twelve years of SAMtools and BCFtools. GigaScience 10, giab008 (2021). Alignments "
    "were sorted, marked and filtered.",
    "macs": "Zhang Y et al. Model-based analysis of ChIP-Seq (MACS). Genome Biology 9, R137 (2008). Peaks were called.",
    "idr": "Li Q, Brown JB, Huang H, Bickel PJ. Measuring reproducibility of high-throughput experiments. Annals of "
    "Applied Statistics 5, 1752-1779 (2011). Peaks of replicates were compared.",
    "multiqc": "Ewels P et al. MultiQC: summarize analysis results for multiple tools and samples in a single report. "
    "Bioinformatics 32, 3047-3048 (2016). The page of reads and alignments.",
}
OPTUNA = (
    "Akiba T et al. Optuna: a next-generation hyperparameter optimization framework. KDD (2019). Where "
    "learning rates were searched by halving.",
    "Li L et al. A system for massively parallel hyperparameter tuning. MLSys (2020). Asynchronous successive halving.",
)
SCIKIT = "Pedregosa F et al. Scikit-learn: machine learning in Python. JMLR 12, 2825-2830 (2011). {uses}."
ALWAYS = (
    "Mölder F et al. Sustainable data analysis with Snakemake. F1000Research 10, 33 (2021).",
    "Paszke A et al. PyTorch: an imperative style, high-performance deep learning library. NeurIPS "
    "32 (2019).",
    "Harris CR et al. Array programming with NumPy. Nature 585, 357-362 (2020).",
    "Virtanen P et al. SciPy 1.0: fundamental algorithms for scientific computing in Python. Nature Methods 17, "
    "261-272 (2020).",
    "McKinney W. Data structures for statistical computing in Python. Proceedings of the 9th Python in Science "
    "Conference, 56-61 (2010). pandas.",
    "Collette A. Python and HDF5. O'Reilly (2013). h5py.",
    "Bonfield JK et al. HTSlib: C library for reading/writing high-throughput sequencing data. GigaScience 10, giab007 "
    "(2021). By pysam: the genome was indexed.",
    "Hunter JD. Matplotlib: a 2D graphics environment. Computing in Science & Engineering 9, 90-95 (2007).",
)


def citations(config: Mapping, training: Mapping[str, Mapping], used: Collection[str]) -> list[str]:
    """The method first, then what this run uses, then the software of every run. training: resolved settings by
    strategy. used: archives and programs, of `run.report.software`."""
    found = [SHIRI]
    networks = {settings["network"]["name"] for settings in training.values()}
    found += [text for name, text in NETWORKS.items() if any(used.startswith(name) for used in networks)]
    methods = grouping_methods(config)
    found += [text for name, text in GROUPINGS.items() if name in methods]
    found += [
        text for name, text in BALANCING.items() if any(s["balancing"] == name for s in training.values())
    ]
    found += [FOCAL] if any(settings["loss"] == "focal" for settings in training.values()) else []
    found += [LORA] if any(settings.get("adapter_rank") for settings in training.values()) else []
    found += [KATHAIL] if config.get("strata") is not None else []
    simple = config.get("baselines", {}).get("names", [])
    found += RIDGE["kmer"] if set(RIDGE) & set(simple) else ()
    found += RIDGE["kmer_low_rank"] if "kmer_low_rank" in simple else ()
    found += [SCHREIBER] if "mean_label" in simple else []
    found.append(WHALEN)
    found += [text for name, text in SOFTWARE.items() if name in used]
    found += OPTUNA if "halving" in search_methods(config) else []
    uses = "Clustering, and agreement of groups" if set(methods) & set(CLUSTERED) else "Agreement of groups"
    return [*found, *ALWAYS[:2], SCIKIT.format(uses=uses), *ALWAYS[2:]]


def grouping_methods(config: Mapping) -> set[str]:
    """Methods that strategies and the sweep group by; that of a consensus beside it."""
    used = [config["groupings"][spec["grouping"]] for spec in config["strategies"].values()]
    found = {spec["method"] for spec in used}
    found |= {spec["of"] for spec in used if spec["method"] == "consensus"}
    return found | set((config.get("sweep") or {}).get("methods", []))


def search_methods(config: Mapping) -> set[str]:
    """Methods of the searches that strategies use."""
    used = {strategy.get("search") for strategy in config["strategies"].values()}
    return {spec["method"] for name, spec in config.get("searches", {}).items() if name in used}
