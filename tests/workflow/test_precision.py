"""The precision of a run is measured once, joins the trainings by what it says, and never by its date."""

import json
import os
import re

import pytest

from checkouts import MINI, copy_checkout, run_snakemake
from edited_trees import edited, rules_of, to_rerun
from epigroup.networks.model_files import read_info
from epigroup.results.training_record import read_training_record

CHOICE = "results/calibration/cpu.json"
MODEL = "results/models/SMTL/seed1/pack0.safetensors"
OPEN = "training: {precision: auto, layout: auto, max_steps: 20}\n"


@pytest.fixture
def left_open(finished_run):
    """A finished tree, and a config beside it in which the precision that it was made in is left open."""
    path = finished_run / "auto.yaml"
    path.write_text("training: {precision: auto}\n")
    yield finished_run
    path.unlink()


def test_leaving_open_what_was_named_or_naming_what_was_measured_trains_nothing(left_open):
    """The settings that a training gets are the same; what names the config's word is made again."""
    assert json.loads((left_open / CHOICE).read_text()) == {"device": "cpu", "precision": "fp32"}
    jobs = rules_of(to_rerun(left_open, "auto.yaml"))
    assert {"compare_strategies", "make_report"} <= jobs
    assert not jobs & {
        "choose_precision",
        "train_pack",
        "measure_affinity",
        "predict_splits",
        "evaluate_strategy",
    }


def test_measuring_again_hides_no_other_change(left_open):
    """Snakemake looks at nothing else of what depends on a job that runs; so the measurement runs for no change
    of settings or code."""
    (left_open / "auto.yaml").write_text("training: {precision: auto, network: {hidden: 9}}\n")
    with edited(
        left_open / "workflow/scripts/epigroup/training/precision.py", ("\nimport ", "\nEDITED = 1\nimport ")
    ):
        jobs = rules_of(to_rerun(left_open, "auto.yaml"))
    assert "train_pack" in jobs and "choose_precision" not in jobs


def test_another_choice_trains_again_and_a_new_date_does_not(left_open):
    choice = left_open / CHOICE
    with edited(choice, ("fp32", "bf16")):
        os.utime(choice, (1, 1))  # older than every model: only the content says it
        assert {"train_pack", "evaluate_strategy", "make_report"} <= rules_of(
            to_rerun(left_open, "auto.yaml")
        )
        assert to_rerun(left_open) == set()  # the config names one: it counts
    times = choice.stat()
    os.utime(choice)
    try:
        assert to_rerun(left_open) == set()
    finally:
        os.utime(choice, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_measured_once_and_stated_in_log_and_model(tmp_path):
    folder = copy_checkout(tmp_path)
    (folder / "auto.yaml").write_text(OPEN)
    words = ("--configfile", MINI, "auto.yaml")
    run_snakemake(folder, "-c2", MODEL, *words)
    chosen = json.loads((folder / CHOICE).read_text())["precision"]
    info = read_info(folder / MODEL)
    assert info.precision == chosen == info.settings["precision"] and info.processor
    log = (folder / "results/logs/train_pack/SMTL.seed1.pack0.log").read_text()
    assert f"device cpu, {chosen}, layout {info.layout[0]}, on {info.processor}" in log
    record = read_training_record([folder / MODEL])
    assert (record.precisions, record.layouts) == ([chosen], [info.layout[0]])
    assert record.processors == [info.processor]
    measured = (folder / "results/logs/choose_precision/cpu.log").read_text()
    assert re.search(rf"precision auto: {chosen} \(measured on {re.escape(info.processor)}", measured)
    (kept,) = (folder / "results/calibration/processors").glob("layout.*.json")
    assert json.loads(kept.read_text())["choice"] == info.layout[0]

    before = (folder / MODEL).stat().st_mtime_ns
    again = run_snakemake(folder, "-c2", MODEL, *words, "--forcerun", "choose_precision")
    assert "choose_precision" in again.stdout + again.stderr
    if (
        json.loads((folder / CHOICE).read_text())["precision"] == chosen
    ):  # else a training follows, as it should
        final = run_snakemake(folder, "-n", MODEL, *words)
        assert "Nothing to be done" in final.stdout + final.stderr
    assert (folder / MODEL).stat().st_mtime_ns == before


def test_strategies_on_several_devices_must_name_a_precision(tmp_path):
    folder = copy_checkout(tmp_path)
    (folder / "two.yaml").write_text(
        "training: {precision: auto}\nstrategies: {KMTL: {training: {device: cuda}}}\n"
    )
    run = run_snakemake(folder, "-n", "--configfile", MINI, "two.yaml", check=False)
    said = run.stdout + run.stderr
    assert run.returncode and "Traceback" not in said
    assert re.search(r"training.precision: auto with strategies on different devices .*KMTL on cuda", said)
