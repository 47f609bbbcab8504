"""What the Snakemake workflow catalog reads: the files it asks for, and no promise of a deployment that fails."""

import re

import yaml

from checkouts import REPOSITORY

USAGE = yaml.safe_load((REPOSITORY / ".snakemake-workflow-catalog.yml").read_text())["usage"]


def test_the_files_of_standardised_usage_are_there():
    for name in ("workflow/Snakefile", "config/README.md", "config/config.yaml"):
        assert (REPOSITORY / name).is_file(), name
    readme = (REPOSITORY / "README.md").read_text().lower()
    assert "snakemake" in readme and "workflow" in readme


def test_no_deployment_is_promised_while_modules_by_address_are_refused():
    refusing = "LocalSourceFile" in (REPOSITORY / "workflow/rules/module.smk").read_text()
    promised = {name for name, works in USAGE["software-stack-deployment"].items() if works is True}
    assert refusing and promised == {"report"}


def test_the_text_says_what_to_do_instead_and_names_what_is_there():
    text = USAGE["mandatory-flags"]["desc"]
    assert "Clone the repository" in text and "snakedeploy" in text
    for target in re.findall(r"`make (\w+)`", text):
        assert re.search(rf"^{target}:", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
