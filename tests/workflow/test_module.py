"""epigroup as a module of another workflow, in a folder that holds nothing of it: to its report, or refused by name."""

import base64
import gzip
import json
import random
import re
import shutil
import subprocess
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import yaml
from compare_trees import differences

from checkouts import MINI, REPOSITORY, WORKFLOW, job_counts, run_snakemake, take_digests
from sequence_files import write_fasta

# Another workflow as docs/guide/module.md has it, and how it names the one here.
IMPORTER = re.search(r"```python\n(.*?)```", (REPOSITORY / "docs/guide/module.md").read_text(), re.DOTALL)[1]
THERE = '"../epigroup/workflow/Snakefile"'
OWN = {
    "samples": "tables/sheet.tsv",
    "results": "out/epi",
    "genome": {"fasta": "data/genome.fa", "assembly": "toy1", "chromosomes": ["chr1", "chr2", "chr3"]},
    "dataset": {"window": 301},
    "splits": {"validation": [{"chrom": "chr2"}], "test": [{"chrom": "chr3"}]},
    "training": {
        "network": {"channels": [8], "filter_width": 10, "pool": 292, "dropout": [0.0], "hidden": 8},
        "max_steps": 20, "validate_every": 10, "precision": "fp32", "layout": "channels_last",
    },
    "groupings": {
        "all": {"method": "all"},
        "kmeans": {"method": "kmeans", "k": 2, "heads_from": "SMTL"},
        "random": {"method": "random", "like": "kmeans"},
    },
    "strategies": {
        "SMTL": {"grouping": "all"}, "KMTL": {"grouping": "kmeans"}, "RANDOM": {"grouping": "random"},
    },
    "comparison": {"bootstrap": 100},
    "figures": {"dpi": 50},
}  # fmt: skip
FOLD = {"validation": [{"chrom": "chr1"}], "test": [{"chrom": "chr2"}]}
MOTIFS = {"ctcf": "CCACCAGGGGGC", "max": "ACCACGTGGTTA"}


def importer(folder, config, snakefile=f'"{WORKFLOW}/Snakefile"', text=IMPORTER):
    """A folder with another workflow and its config, from which epigroup is taken."""
    assert THERE in text
    (folder / "Snakefile").write_text(text.replace(THERE, snakefile))
    (folder / "mine.yaml").write_text(yaml.safe_dump({"epigroup": config, "other": 1}))
    return folder


def mini_config(**changed):
    return yaml.safe_load((REPOSITORY / MINI).read_text()) | {"results": "epi"} | changed


def write_own(folder):
    """A FASTA with planted motifs, a BED of each of four profiles, and their sheet."""
    (folder / "data").mkdir()
    (folder / "tables").mkdir()
    rng = random.Random(7)
    genome, peaks = {}, {f"{target}_{cell}": [] for target in MOTIFS for cell in ("liver", "lung")}
    for chrom in OWN["genome"]["chromosomes"]:
        letters = rng.choices("ACGT", k=60_000)
        for at in range(500, 59_000, 500):
            target = rng.choice(list(MOTIFS))
            letters[at : at + 12] = MOTIFS[target]
            for cell in ("liver", "lung"):
                if rng.random() < 0.8:
                    peaks[f"{target}_{cell}"].append(f"{chrom}\t{at - 100}\t{at + 112}\n")
        genome[chrom] = letters
    write_fasta(folder / "data/genome.fa", genome)
    columns = ["profile_id", "modality", "assay", "target", "cell_type", "cell_group", "peaks", "assembly"]
    rows = ["\t".join(columns)]
    for name, lines in peaks.items():
        (folder / f"data/{name}.bed").write_text("".join(lines))
        target, cell = name.split("_")
        rows.append("\t".join([name, "TFB", "ChIP", target, cell, cell, f"data/{name}.bed", "toy1"]))
    (folder / "tables/sheet.tsv").write_text("\n".join(rows) + "\n")


def assert_refused(folder, beginning):
    """A run is refused at once, in one line, and without lines of a Snakefile."""
    run = run_snakemake(folder, "-n", check=False)
    said = run.stdout + run.stderr
    assert run.returncode != 0 and any(line.startswith(beginning) for line in said.splitlines()), said
    assert "Traceback" not in said and 'File "' not in said and "rror in file" not in said, said


def test_a_simulated_run_as_a_module_equals_that_of_the_workflow_itself(finished_mini, tmp_path):
    folder = importer(tmp_path, mini_config())
    shutil.copytree(REPOSITORY / "tests/mini", folder / "tests/mini")
    run = run_snakemake(folder, "-c2", "lines.txt", "epi_all")
    assert "rule epi_train_pack:" in run.stderr and not re.search(r"rule train_pack\b", run.stderr)
    assert not (folder / "results").exists()
    here, there = folder / "epi", finished_mini / "results"
    # Some files name the folder of the results, and the audit the rules that make a file.
    differ = {line.split(": ")[0] for line in differences(here, there)}
    assert {name for name in differ if not name.startswith("quality/")} == {
        "audit/audit.json",
        "audit/audit.tsv",
    }
    assert (here / "audit/audit.tsv").read_text().replace("epi_", "") == (
        there / "audit/audit.tsv"
    ).read_text()
    assert (here / "quality/quality.tsv").read_bytes() == (there / "quality/quality.tsv").read_bytes()
    assert (here / "report/report.html").stat().st_size > 100_000
    lines = (there / "comparison/gains.tsv").read_text().count("\n")
    assert (folder / "lines.txt").read_text().strip() == str(lines)
    again = run_snakemake(folder, "-n")
    assert "Nothing to be done" in again.stdout + again.stderr


# Peaks of the sheet that the other workflow makes itself.
UNPACK = """\
rule unpack:
    input:
        "packed/{name}.bed.gz",
    output:
        "data/{name}.bed",
    shell:
        "gzip -cd {input} > {output}"


"""


def test_a_run_on_own_files_by_relative_paths_some_of_which_a_rule_makes(tmp_path):
    folder = importer(tmp_path, OWN, text=IMPORTER.replace("use rule", UNPACK + "use rule"))
    write_own(folder)
    (folder / "packed").mkdir()
    for bed in folder.glob("data/ctcf_*.bed"):
        (folder / f"packed/{bed.name}.gz").write_bytes(gzip.compress(bed.read_bytes()))
        bed.unlink()
    ran = run_snakemake(folder, "-c2").stderr
    assert ran.count("rule unpack:") == 2 and (folder / "data/ctcf_lung.bed").stat().st_size > 0
    metrics = (folder / "out/epi/evaluation/KMTL/seed1/metrics.tsv").read_text()
    assert all(f"{target}_{cell}" in metrics for target in MOTIFS for cell in ("liver", "lung"))
    assert (folder / "out/epi/report/report.html").stat().st_size > 100_000
    # Rules of the importer are left as they are: of epigroup's a digest of the command is recorded.
    record = base64.urlsafe_b64encode(b"lines.txt").decode()
    assert json.loads((folder / ".snakemake/metadata" / record).read_text())["params"] == []
    (folder / "mine.yaml").write_text(
        yaml.safe_dump({"epigroup": OWN | {"comparison": {"bootstrap": 110}}, "other": 2})
    )
    again = run_snakemake(folder, "-n").stdout
    assert "epi_compare_strategies" in again and "epi_train_pack" not in again


@pytest.fixture
def example(tmp_path):
    """A module whose jobs can be listed."""
    shutil.copytree(REPOSITORY / "tests/mini", tmp_path / "tests/mini")
    return importer(take_digests(tmp_path), mini_config())


def test_by_a_relative_path_and_by_the_root_file_the_jobs_are_the_same(example):
    expected = jobs(example)
    assert expected["epi_train_pack"] == 4 and expected["count_gains"] == 1
    (example / "linked").symlink_to(REPOSITORY)
    for snakefile in ("linked/workflow/Snakefile", f"{REPOSITORY}/Snakefile"):
        importer(example, mini_config(), f'"{snakefile}"')
        assert jobs(example) == expected


def jobs(folder, *words):
    return job_counts(run_snakemake(folder, "-n", *words).stdout)


def test_a_rule_is_changed_by_the_importer_and_two_modules_stand_side_by_side(example):
    second = IMPORTER[IMPORTER.index("module") :].replace("module epigroup", "module again")
    second = second.replace("from epigroup as epi_", "from again as again_").replace("epi_make", "again_make")
    second = second.replace('config["epigroup"]\n', 'config["epigroup"] | {"results": "again"}\n')
    second = second.replace("epi_compare", "again_compare").replace("count_gains", "count_again")
    second = second.replace("    default_target: True\n", "").replace("lines.txt", "again.txt")
    changed = "\n\nuse rule train_pack from epigroup as epi_train_pack with:\n    threads: 2\n\n\n"
    importer(example, mini_config(), text=IMPORTER + changed + second)
    said = run_snakemake(example, "-n", "-c2", "lines.txt", "again.txt").stdout
    assert re.search(r"rule epi_train_pack:(?:\n .*)*\n    threads: 2", said)
    assert not re.search(r"rule again_train_pack:(?:\n .*)*\n    threads: 2", said)
    counts = jobs(example, "lines.txt", "again.txt")
    assert counts["epi_train_pack"] == counts["again_train_pack"] == 4


def test_further_folds_come_with_a_module(example):
    """Their rules have the names of both, share the module's data, and may be changed one fold at a time."""
    splits = {"splits": mini_config()["splits"] | {"folds": [FOLD]}}
    changed = "\n\nuse rule fold2_train_pack from epigroup as epi_fold2_train_pack with:\n    threads: 2\n"
    alone = jobs(importer(example, mini_config()))
    importer(example, mini_config(**splits), text=IMPORTER + changed)
    # the report counts the gains of both folds
    both = jobs(example)
    of_second = {name for name in both if name.startswith("epi_fold2_")}
    assert {name: n for name, n in both.items() if name not in {"total", *of_second}} == {
        name: n for name, n in alone.items() if name != "total"
    }
    assert {"epi_fold2_train_pack", "epi_fold2_evaluate_strategy"} <= of_second
    said = run_snakemake(example, "-n", "-c2", "epi_folds").stdout
    counts = job_counts(said)
    assert counts["epi_train_pack"] == counts["epi_fold2_train_pack"] == 4 and counts["epi_make_shard"] == 4
    assert "epi_fold2_make_shard" not in counts and not any(name.startswith("fold2_") for name in counts)
    assert re.search(r"rule epi_fold2_train_pack:(?:\n .*)*\n    threads: 2", said)
    assert not re.search(r"rule epi_train_pack:(?:\n .*)*\n    threads: 2", said)
    importer(example, mini_config(**splits, fold=2))
    assert "epi_train_pack" in jobs(example, "epi/folds/2/audit/audit.tsv")


# A workflow between the two, which is taken as a module itself.
BETWEEN = """\
module inner:
    snakefile:
        {there}
    config:
        config["epigroup"]


use rule * from inner as epi_*
"""
OUTER = """\
configfile: "mine.yaml"


module between:
    snakefile:
        "between.smk"
    config:
        config


use rule * from between as our_*


print("choice made of", *between.inner.ORIGINS("epi/evaluation/BEST/seed1/choice.tsv"))
"""


def test_a_module_of_a_module_has_the_names_of_both(example):
    """Choices read validation's columns of the scores, which the audit knows by the name of their rule."""
    importer(example, mini_config(choices={"BEST": {"among": ["STL", "SMTL"]}}))
    (example / "between.smk").write_text(BETWEEN.format(there=f'"{WORKFLOW}/Snakefile"'))
    (example / "Snakefile").write_text(OUTER)
    said = run_snakemake(example, "-n", "epi/evaluation/BEST/seed1/choice.tsv").stdout
    (made,) = [line for line in said.splitlines() if line.startswith("choice made of")]
    assert made == "choice made of our_epi_choose_strategies ()" and "our_epi_train_pack" in said
    (example / "Snakefile").write_text(
        OUTER.replace("    config:\n", '    prefix:\n        "x"\n    config:\n')
    )
    assert_refused(example, "module inner: prefix and replace_prefix")


@pytest.mark.parametrize("words", ['prefix:\n        "x"', 'replace_prefix:\n        {"epi": "y"}'])
def test_moved_paths_are_refused(example, words):
    importer(example, mini_config(), text=IMPORTER.replace("    config:\n", f"    {words}\n    config:\n"))
    assert_refused(example, "module epigroup: prefix and replace_prefix")


def test_a_second_name_of_the_results_is_refused(example):
    text = IMPORTER.replace("    config:\n", '    pathvars:\n        results="x",\n    config:\n')
    importer(example, mini_config(), text=text)
    assert_refused(example, "pathvars: results is 'x', and the config says 'epi'")


def test_without_a_config_it_is_refused(example):
    importer(example, mini_config(), text=IMPORTER.replace('    config:\n        config["epigroup"]\n', ""))
    assert_refused(example, "module epigroup: epigroup needs a config of its own")


def test_a_fault_of_the_config_is_told_as_that_of_the_module(example):
    importer(example, mini_config(resluts="x"))
    assert_refused(example, "config of the module epigroup: top level: unknown key 'resluts'")
    importer(example, mini_config(samples="no.tsv"))
    assert_refused(example, "no.tsv: there is no such sample sheet")


def test_a_file_that_no_rule_above_makes_is_refused(tmp_path):
    folder = importer(tmp_path, OWN, text=IMPORTER + "\n\n" + UNPACK)
    write_own(folder)
    (folder / "data/max_lung.bed").unlink()
    assert_refused(folder, "tables/sheet.tsv: line 5, column peaks: there is no file 'data/max_lung.bed'")
    importer(folder, OWN)
    (folder / "data/genome.fa").unlink()
    write_fasta(folder / "data/max_lung.bed", {"chr1": "ACGT"})
    assert_refused(folder, "config of the module epigroup: genome.fasta: 'data/genome.fa' is not there")


def test_another_checkout_in_the_same_workflow_is_refused(example):
    other = example / "other"
    shutil.copytree(WORKFLOW, other / "workflow", symlinks=True)
    second = IMPORTER[IMPORTER.index("module") : IMPORTER.index("rule count_gains")]
    second = second.replace("epigroup", "older", 1).replace("from epigroup as epi", "from older as older")
    second = second.replace(THERE, f'"{other}/workflow/Snakefile"')
    importer(example, mini_config(), text=IMPORTER + "\n\n" + second)
    assert_refused(example, "module older: another checkout of epigroup is in use, ")


def test_a_module_by_an_address_is_refused_since_its_library_does_not_come_along(example):
    serve = partial(SimpleHTTPRequestHandler, directory=REPOSITORY)
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        place = f"http://127.0.0.1:{server.server_port}/workflow"
        importer(example, mini_config(), f'"{place}/Snakefile"')
        assert_refused(example, f"{place}/rules: the rules of epigroup need its library beside them")
        server.shutdown()


def test_a_module_of_a_commit_is_refused_since_its_library_does_not_come_along(example):
    clone = example / "clone"
    shutil.copytree(WORKFLOW, clone / "workflow", symlinks=True)
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    for words in (("init", "-q"), ("add", "."), (*who, "commit", "-qm", "x")):
        subprocess.run(["git", *words], cwd=clone, check=True)
    importer(example, mini_config(), f'gitfile("{clone}", path="workflow/Snakefile", ref="HEAD")')
    assert_refused(example, f"git+file://{clone}/workflow/rules@HEAD: the rules of epigroup need its library")
