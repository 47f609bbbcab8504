"""README's "Your own data", followed as it stands there, on a sheet of twelve real profiles: each command ends well.

The run itself has few steps, one seed and fewer strategies, which its user takes out of the written config.
"""

import gzip
import os
import re
import shlex
import subprocess

import pytest
import yaml

from checkouts import REPOSITORY, copy_checkout, job_counts, run_snakemake, snakemake_environment

TASKS = ("Abf1", "Bdf2", "Cbf1", "Hsf1", "Med2", "Rap1", "Reb1", "Rpb3", "Spt5", "Sua7", "Tfa1", "Ume6")
CHROMOSOMES = ("chrIII", "chrVI", "chrVIII", "chrIX", "chrXI")
STEPS = {"max_steps": 4, "validate_every": 2, "warm_up": 1}
TAKEN_OUT = {"MORE", "KMTL", "RANDOM_KMTL", "ENSEMBLE"}
FEW = {
    "seeds": [1],
    "training": STEPS | {"precision": "fp32", "network": {"channels": [8, 8, 8], "hidden": 8}},
    "baselines": {"examples": 500, "names": ["kmer_low_rank"]},
    "evaluation": {"interval_draws": 0},
    "audit": {"draws": 100},
    "comparison": {"bootstrap": 100},
}


def commands() -> dict[str, list[str]]:
    """The words of each command of README's section, by what it is: config, plan, dry, run."""
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    section = text[text.index("## Your own data") :].split("\n## ")[0]
    lines = re.findall(r"(?m)^ {4,}((?:make|snakemake) .*)$", section)
    words = [shlex.split(line, comments=True) for line in lines if "--profile" not in line]
    names = ("config", "plan", "dry", "run")
    assert len(words) == len(names) and words[0][:2] == ["make", "config"] and words[1][-1] == "plan", lines
    return dict(zip(names, words, strict=True))


@pytest.fixture(scope="module")
def own(real_data, tmp_path_factory):
    """A checkout with a user's sheet and FASTA where README has them, after `make config`; and what that said."""
    folder = copy_checkout(tmp_path_factory.mktemp("own"))
    told = dict(word.split("=") for word in commands()["config"][2:])
    sheet = (
        (REPOSITORY / "config/yeast_chipexo_samples.tsv")
        .read_text(encoding="utf-8")
        .splitlines(keepends=True)
    )
    rows = [row for row in sheet[1:] if row.split("\t")[0] in TASKS]
    assert len(rows) == 12
    (folder / told["SHEET"]).write_text("".join([sheet[0], *rows]), encoding="utf-8")
    os.symlink(real_data / "yeast_chipexo", folder / "resources/yeast_chipexo")
    with gzip.open(real_data / "yeast_genome/sacCer3.nuclear.fa.gz", "rt") as handle:
        contigs = handle.read().split(">")[1:]
    kept = [f">{one}" for one in contigs if one.split()[0] in CHROMOSOMES]
    (folder / told["FASTA"]).write_text("".join(kept), encoding="utf-8")
    # set-up is that of the checkout under test
    made = subprocess.run(
        ["make", "-o", "setup", *commands()["config"][1:]],
        cwd=folder, env=snakemake_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return folder, made


def config_of(words: list[str]) -> str:
    return words[words.index("--configfile") + 1]


def test_make_config_writes_what_the_next_commands_name(own):
    folder, made = own
    written = folder / config_of(commands()["plan"])
    assert len(written.read_text().splitlines()) <= 40
    for name in ("plan", "run"):
        shown = re.sub(r"--cores \d+", "--cores", " ".join(commands()[name]))
        assert shown in re.sub(r"--cores \d+", "--cores", made.stdout)
    config = yaml.safe_load(written.read_text())
    assert config["peaks"] == {"point_flank": 100, "contig_names": "spelling"}
    assert set(config["genome"]["chromosomes"]) == set(CHROMOSOMES)


def test_it_is_not_written_twice(own):
    folder, _ = own
    words = ["make", "-o", "setup", *commands()["config"][1:]]
    again = subprocess.run(
        words, cwd=folder, env=snakemake_environment(), capture_output=True, text=True, check=False
    )
    assert again.returncode and "is there already" in again.stderr


def test_the_plan_and_the_dry_run_of_the_config_as_it_is(own):
    folder, _ = own
    said = run_snakemake(folder, *commands()["plan"][1:])
    assert "12 tasks" in said.stdout
    jobs = job_counts(run_snakemake(folder, *commands()["dry"][1:]).stdout)
    assert jobs["train_pack"] > 20 and jobs["make_report"] == 1


def test_the_run_ends_with_a_report(own):
    folder, _ = own
    path = folder / config_of(commands()["run"])
    config = yaml.safe_load(path.read_text())
    for section in ("strategies", "choices"):
        config[section] = {name: spec for name, spec in config[section].items() if name not in TAKEN_OUT}
    for spec in config["strategies"].values():
        spec |= {"training": STEPS} if "training" in spec else {}
    pairs = config["comparison"]["headline"]
    config["comparison"]["headline"] = [pair for pair in pairs if not TAKEN_OUT & set(pair)]
    for section, changes in FEW.items():
        config[section] = {**config.get(section, {}), **changes} if isinstance(changes, dict) else changes
    path.write_text(yaml.safe_dump(config))
    run_snakemake(folder, *(word if word != "8" else "2" for word in commands()["run"][1:]))
    assert (folder / "results/mine/report/report.html").stat().st_size > 100_000
