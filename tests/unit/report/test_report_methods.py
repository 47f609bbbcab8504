"""Methods text and citations: every parameter that a reader would ask for, and what the run used alone."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

import report_settings
import report_tree
import tree_strata
from epigroup.report.methods.citations import citations
from epigroup.report.methods.text import methods
from epigroup.report.methods.training_text import one_training
from epigroup.results.training_record import TrainingRecord
from planted_examples import DILATED


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    root = tmp_path_factory.mktemp("tree")
    return tree_strata.with_strata(root, report_tree.build(root, n_tasks=8))


def text_of(results, config, training=None, used=()):
    return " ".join(
        methods(
            results,
            config,
            training or dict.fromkeys(report_settings.STRATEGIES, report_settings.TRAINING),
            "kmeans",
            used,
        )
    )


def test_methods_name_splits_seeds_draws_audit_and_versions(results):
    config = report_settings.config()
    text = text_of(results, config)
    for words in (
        "validation on chr4:1,000-900,000 and test on chr5 ",
        "order of examples: 1, 2.",
        "Intervals of single tasks: 200 draws",
        "averaged within a draw (seed 7)",
        "at least 50 % of its 24-mers, of which about 32 a window",
        "more than 0.1 % of such windows are a warning, more than 5 % a failure",
        "fewer than 50 positives",
        "10,000 permutations (seed 3)",
        "not recorded; the report was made with epigroup ",
    ):
        assert words in text, words
    assert "Numbers of groups K" not in text and "stratified" not in text
    when = datetime(2026, 1, 2, tzinfo=UTC)
    trained = TrainingRecord(
        {"python": ["3.11.9"], "torch": ["2.13.0"]},
        ["bf16"],
        ["channels_last"],
        ["A processor"],
        when,
        when,
        3,
    )
    text = text_of(replace(results, trained=trained), config)
    assert (
        "Networks were trained with Python 3.11.9, torch 2.13.0, bf16, channels_last, on A processor;" in text
    )
    fewer = results.metrics[(results.metrics["strategy"] != "STL") | (results.metrics["seed"] == 1)]
    assert "order of examples: 1, 2 (STL: 1)." in text_of(replace(results, metrics=fewer), config)


def test_methods_name_the_sweep_and_the_strata_that_the_run_has(results):
    config = report_settings.config()
    config["sweep"] = {
        "methods": ["kmeans", "ward"],
        "vectors": ["raw"],
        "k": [2, 3],
        "starts": 9,
        "heads_from": "SMTL",
    }
    config["strata"] = {
        "preset": None,
        "edges": None,
        "quantiles": 3,
        "gc_quantiles": 2,
        "sample": 2000,
        "tss_edges": [0],
    }
    text = text_of(results, config)
    assert "K of 2, 3 were measured with k-means and Ward's" in text and "of SMTL (9 starts)" in text
    assert "in 3 quantiles ([1, 2); [2, 9)), by GC in 2 quantiles ([0, 0.5); [0.5, 1))" in text
    assert "2,000 bins" in text and "transcription start" not in text
    config["strata"] |= {"preset": "sei", "tss_edges": [0, 1000]}
    config["genome"] = config["genome"] | {"gtf": "genes.gtf"}
    text = text_of(results, config)
    assert "with edges 1, 25, 100, 500, 1000, 2373" in text
    assert "nearest transcription start, from 0, 1,000 bp" in text


def cited(config=None, used=(), **of_training):
    training = dict.fromkeys(report_settings.STRATEGIES, report_settings.TRAINING | of_training)
    return " ".join(citations(config or report_settings.config(), training, used))


def test_what_every_run_uses_is_cited():
    found = cited()
    for name in (
        "Snakemake",
        "PyTorch",
        "NumPy",
        "SciPy",
        "pandas",
        "h5py",
        "HTSlib",
        "Matplotlib",
        "Scikit-learn",
        "Whalen",
    ):
        assert name in found, name
    assert found.startswith("Shiri M, Sun J.")


# Of each archive and program, words of what is cited for it.
WORDS = {
    "ena": "European Nucleotide Archive",
    "encode": "Encyclopedia of DNA Elements",
    "fastp": "fastp",
    "bowtie2": "Bowtie 2",
    "samtools": "SAMtools",
    "macs": "ChIP-Seq (MACS)",
    "idr": "reproducibility of high-throughput",
    "multiqc": "MultiQC",
}


# Peaks alone; peaks of the ENCODE portal; alignments; reads by accession, untrimmed; replicates compared by IDR.
@pytest.mark.parametrize(
    "used",
    [
        [],
        ["encode"],
        ["macs", "samtools"],
        ["bowtie2", "ena", "macs", "samtools"],
        ["bowtie2", "fastp", "idr", "macs", "multiqc", "samtools"],
    ],
)
def test_of_archives_and_programs_those_are_cited_that_were_used(used):
    found = cited(used=used)
    assert {name for name, words in WORDS.items() if words in found} == set(used)
    assert "BEDTools" not in found


def test_of_reads_the_methods_say_what_was_done(results):
    config = report_settings.config()
    tools = ("fastp", "bowtie2", "samtools", "MACS2", "replicates")
    for used, named in (
        ((), ()),
        (("bowtie2", "fastp", "macs", "samtools"), tools[:4]),
        (("bowtie2", "macs", "samtools"), tools[1:4]),
        (("macs", "samtools"), tools[2:4]),
        (("samtools",), tools[2:3]),
    ):
        text = text_of(results, config, used=used)
        assert {tool for tool in tools if tool in text} == set(named), used
    config["peaks"] |= {"replicates": "overlap"}
    text = text_of(results, config, used=("macs", "samtools"))
    assert "a peak of the pooled reads was kept when peaks of two replicates" in text
    config["peaks"] |= {"replicates": "idr"}
    assert "(IDR) of at most 0.05" in text_of(results, config, used=("idr", "macs", "samtools"))
    assert "(IDR)" not in text_of(results, config, used=("macs", "samtools"))


def test_what_a_run_does_not_use_is_not_cited():
    config = report_settings.config() | {
        "searches": {"fast": {"method": "halving"}, "paper": {"method": "two_phase"}}
    }
    assert "Optuna" not in cited(config)  # no strategy uses the search
    for search, used in (("paper", False), ("fast", True)):
        config["strategies"]["KMTL"] = config["strategies"]["KMTL"] | {"search": search}
        assert ("Optuna" in cited(config)) == used
    for of_training, words in (
        ({"balancing": "famo"}, "FAMO"),
        ({"loss": "focal"}, "Focal loss"),
        ({"network": report_settings.NETWORK | {"name": "deepsea_pool3"}}, "Zhou J, Troyanskaya"),
        ({"network": DILATED}, "Base-resolution models"),
    ):
        assert words in cited(**of_training) and words not in cited()
    config = report_settings.config()
    config["groupings"]["modality"] = config["groupings"]["modality"] | {"method": "tag"}
    assert "Fifty" in cited(config) and "Fifty" not in cited()
    assert "Strata." not in cited()
    assert "Strata." in cited(report_settings.config() | {"strata": {}})


def test_methods_say_what_was_trained():
    plain = one_training(report_settings.TRAINING)
    assert "a hidden layer of 64 units that the tasks of a group share" in plain
    assert "on the binary cross-entropy, averaged" in plain
    private = {key: value for key, value in report_settings.NETWORK.items() if key != "hidden"}
    private |= {"head": "private", "private_hidden": 16}
    text = one_training(
        report_settings.TRAINING | {"network": private, "loss": "focal", "positive_weights": 3.0}
    )
    assert "a hidden layer of 16 units for each task alone" in text
    assert "on the focal loss with gamma 2, positives weighted by 3, averaged" in text
    assert "balanced" not in plain and "started from" not in plain
    text = one_training(report_settings.TRAINING | {"balancing": "famo", "warm_start": "SMTL"})
    assert (
        "these were balanced by FAMO (Liu et al. 2023); losses" in text and "from that of SMTL with" in text
    )
    adapters = {"warm_start": "SMTL", "adapter_rank": 4}
    assert "change of rank" not in text
    text = one_training(report_settings.TRAINING | adapters)
    assert (
        "of the weights of the convolutions and the hidden layer a change of rank 4 (LoRA); the biases"
        in text
    )
    text = one_training(report_settings.TRAINING | adapters | {"network": private})
    assert "of the weights of the convolutions a change of rank 4 (LoRA)" in text
    text = one_training(report_settings.TRAINING | {"balancing": "famo", "balancing_smoothing": 0.99})
    assert "by FAMO (Liu et al. 2023) with losses smoothed over steps; losses" in text
    text = one_training(report_settings.TRAINING | {"positive_weights": "balanced"})
    assert "ratio of negatives to positives of the task (at most 100), averaged" in text


def test_how_the_rate_went_is_described():
    plain = one_training(report_settings.TRAINING)
    assert "learning rate rose" not in plain and "moving average" not in plain
    plateau = {"schedule": "plateau", "plateau_factor": 0.3, "plateau_patience": 2, "averaging": 0.999}
    text = one_training(report_settings.TRAINING | plateau | {"warm_up": 500})
    assert (
        "The learning rate rose evenly over the first 500 steps and was multiplied by 0.3 after 2 validations in a row "
        "without a new minimum. Validated and kept was the exponential moving average"
    ) in text
    text = one_training(report_settings.TRAINING | {"schedule": "cosine", "final_rate": 0.01})
    assert "The learning rate fell by half a cosine to 1 % at the last step." in text
    text = one_training(report_settings.TRAINING | {"loss_scale": "per_task"})
    assert "the gradients of a task's output layer not divided by their number, in batches" in text


def test_dilated_convolutions_are_described():
    assert (
        "“dilated” has one convolution of 8 filters of width 11, max pooling of 4, 4 residual convolutions of as many "
        "filters, width 3 and dilations that double from 1 to 8, max pooling to about 10 positions, dropout 0.1, a "
        "hidden layer of 16 units"
    ) in one_training(report_settings.TRAINING | {"network": DILATED})


def test_weighted_sampling_is_described():
    text = one_training(report_settings.TRAINING | {"sampling": "weighted"})
    assert "proportional to the mean, over the group's tasks, of label over share of positives" in text
    assert "(at least 1, at most 100)" in text
