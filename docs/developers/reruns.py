"""Make the table of what an edit reruns: docs/developers/reruns.md (make reruns)."""

import argparse
import ast
import sys
from collections import defaultdict
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPTS = REPOSITORY / "workflow" / "scripts"
sys.path.insert(0, str(SCRIPTS))

from epigroup.digest.code import reached  # noqa: E402
from epigroup.report.figures.catalogue import FIGURES  # noqa: E402
from epigroup.run.report import drawing_modules, section_modules  # noqa: E402

TABLE = REPOSITORY / "docs" / "developers" / "reruns.md"
MARK = "<!-- made by docs/developers/reruns.py: what stands below is replaced -->\n"
MOST = 5  # scripts that a row names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether the table is the present one")
    check = parser.parse_args().check
    text = TABLE.read_text(encoding="utf-8")
    made = text[: text.index(MARK)] + MARK + "\n" + table()
    if check:
        sys.exit(0 if made == text else f"{TABLE}: is not of the present code; run make reruns")
    TABLE.write_text(made, encoding="utf-8")


def table() -> str:
    """Markdown: a row a module, with the scripts that take in one of its names."""
    users: dict[str, set[str]] = defaultdict(set)
    # of every run; other registries' are those of the settings
    named = {"draw_figures": drawing_modules(FIGURES), "make_report": section_modules()}
    for script in sorted(path.stem for path in SCRIPTS.glob("*.py")):
        for module, _ in reached(script, named.get(script, ())):
            users[module].add(script)
    lines = ["| module | training | scripts |", "| --- | --- | --- |"]
    for path in sorted((SCRIPTS / "epigroup").rglob("*.py")):
        dotted = ".".join(path.relative_to(SCRIPTS).with_suffix("").parts).removesuffix(".__init__")
        if defines_names(path):
            trains = "yes" if "train_pack" in users[dotted] else ""
            lines.append(f"| `{dotted.removeprefix('epigroup.')}` | {trains} | {scripts_of(users[dotted])} |")
    return "\n".join(lines) + "\n"


def defines_names(path: Path) -> bool:
    """Whether a module holds more than a docstring and imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return not all(isinstance(node, ast.Expr | ast.Import | ast.ImportFrom) for node in tree.body)


def scripts_of(users: set[str]) -> str:
    if not users:
        return "none by itself"
    shown = sorted(users)
    if len(shown) <= MOST:
        return ", ".join(f"`{name}`" for name in shown)
    return ", ".join(f"`{name}`" for name in shown[: MOST - 1]) + f" and {len(shown) - MOST + 1} more"


if __name__ == "__main__":
    main()
