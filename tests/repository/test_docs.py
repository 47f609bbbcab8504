"""The documentation: links that lead somewhere, pages of a size, and examples that the config takes."""

import re
from pathlib import Path

import pytest
import yaml

from checkouts import REPOSITORY
from epigroup.config.settings import complete_config

PAGES = [*sorted(REPOSITORY.glob("*.md")), *sorted(REPOSITORY.glob("*/README.md"))]
PAGES += sorted((REPOSITORY / "docs").rglob("*.md"))
# Of these the YAML is no part of a config of this workflow, or a whole file of another one.
NOT_OF_A_CONFIG = {"cluster.md", "module.md", "contributing.md"}


def prose(path: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"(?ms)^(```|~~~).*?^\1\s*$", "", path.read_text(encoding="utf-8"))


def anchors(path: Path) -> set[str]:
    """As GitHub and Python-Markdown make them of headings that hold letters, digits, spaces and code."""
    headings = re.findall(r"(?m)^#{1,6} (.+)$", prose(path))
    words = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", one).strip().lower() for one in headings)
    return {re.sub(r"[^\w\- ]", "", one).replace(" ", "-") for one in words} | set(
        re.findall(r'<a id="([^"]+)"', prose(path))
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_links_lead_to_files_and_headings_that_are_there(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"https?://", target):
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        assert there.exists(), f"{page}: {target}"
        assert not anchor or anchor in anchors(there), f"{page}: {target}"


def test_the_first_pages_are_short():
    lines = {
        name: len((REPOSITORY / name).read_text().splitlines()) for name in ("README.md", "config/README.md")
    }
    assert lines["README.md"] < 120 and lines["config/README.md"] < 80


def test_every_page_of_the_site_is_read_from_the_readme_as_well():
    """Who reads the Markdown finds each page: linked from README.md or from a page that is."""
    seen, ahead = set(), [REPOSITORY / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in seen:
            continue
        seen.add(page)
        for target in re.findall(r"\]\(([^)\s#]+\.md)(?:#[^)]*)?\)", prose(page)):
            if not target.startswith("http"):
                ahead.append((page.parent / target).resolve())
    assert set((REPOSITORY / "docs").rglob("*.md")) - seen == set()


def merged(base: dict, more: dict) -> dict:
    """`more` over `base`, section by section; of strategies, groupings and the like both."""
    out = dict(base)
    for key, value in more.items():
        out[key] = merged(base.get(key) or {}, value) if isinstance(value, dict) else value
    return out


def examples() -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        if page.name not in NOT_OF_A_CONFIG and "RESULTS" not in page.name:
            blocks = re.findall(r"(?ms)^```yaml\n(.*?)^```", page.read_text(encoding="utf-8"))
            found += [(f"{page.relative_to(REPOSITORY)} {i}", block) for i, block in enumerate(blocks, 1)]
    return found


WHOLE = yaml.safe_load(
    re.search(r"(?ms)^```yaml\n(.*?)^```", (REPOSITORY / "config/README.md").read_text())[1]
)
# What examples take for granted: a strategy of each name they choose from.
EMTL = {
    "groupings": {"modality": {"method": "sheet", "columns": ["modality"]}},
    "strategies": {"EMTL": {"grouping": "modality"}},
}


def test_there_are_examples():
    assert len(examples()) >= 8


@pytest.mark.parametrize("block", [block for _, block in examples()], ids=[name for name, _ in examples()])
def test_an_example_is_a_config_that_passes(block):
    complete_config(merged(merged(WHOLE, EMTL), yaml.safe_load(block)), "the example")


def test_the_whole_config_of_the_first_page_passes_by_itself():
    assert complete_config(WHOLE, "config/README.md")["training"]["network"]["name"] == "deepsea"


def test_the_targets_of_the_start_page_are_rules_and_the_commands_are_there():
    start = (REPOSITORY / "docs/start.md").read_text()
    table = start[start.index("| target | what |") :]
    targets = re.findall(
        r"`(\w+)`", "".join(line.split("|")[1] for line in table.splitlines() if "|" in line)
    )
    rules = {
        name
        for path in [REPOSITORY / "workflow/Snakefile", *(REPOSITORY / "workflow/rules").glob("*.smk")]
        for name in re.findall(r"(?m)^ *rule (\w+):", path.read_text())
    }
    assert len(targets) >= 9 and set(targets) <= rules
    makefile = (REPOSITORY / "Makefile").read_text()
    for page in PAGES:
        for target in re.findall(
            r"(?m)^    make (?:[A-Z_]+=\S+ )*([a-z-]+)", page.read_text(encoding="utf-8")
        ):
            assert re.search(rf"(?m)^{target}:", makefile), f"{page}: make {target}"
    for name in re.findall(r"`(config/[\w./]+\.(?:yaml|py|tsv))`", start):
        assert (REPOSITORY / name).exists() or name in ("config/mine.yaml", "config/mine.tsv"), name
