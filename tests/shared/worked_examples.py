"""The worked examples of docs/developers/contributing.md: which files their code blocks make and change."""

import re
from dataclasses import dataclass
from pathlib import Path

from checkouts import REPOSITORY

PAGE = REPOSITORY / "docs" / "developers" / "contributing.md"
HEADING = re.compile(r"^### (.+)$", re.MULTILINE)
STEP = re.compile(
    r"^(?P<how>New file|At the end of|In) `(?P<path>[^`]+)`"
    r"(?:, (?P<where>after|before|instead of) `(?P<text>[^`]+)`)?:\n\n"
    r"```\w*\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Step:
    """A file that an example makes, or one place of a file that it changes. where: new, end, after or before a line,
    or instead of a text; text: what stands there now."""

    path: str
    where: str
    text: str
    code: str

    def do(self, checkout: Path) -> None:
        """Do in a checkout what the page says. ValueError: the place is not there, or there twice."""
        path = checkout / self.path
        if self.where == "new":
            if path.exists():
                raise ValueError(f"{self.path}: is there already")
            path.write_text(self.code, encoding="utf-8")
            return
        now = path.read_text(encoding="utf-8")
        if self.where == "end":
            path.write_text(now + self.code, encoding="utf-8")
            return
        if now.count(self.text) != 1:
            raise ValueError(f"{self.path}: has {now.count(self.text)} times {self.text!r}")
        if self.where == "instead of":
            path.write_text(now.replace(self.text, self.code.strip()), encoding="utf-8")
            return
        lines = now.splitlines(keepends=True)
        at = next(i for i, line in enumerate(lines) if self.text in line) + (self.where == "after")
        path.write_text("".join([*lines[:at], self.code, *lines[at:]]), encoding="utf-8")


def examples() -> dict[str, list[Step]]:
    """The steps of each worked example, by its heading."""
    parts = HEADING.split(PAGE.read_text(encoding="utf-8"))
    found = {
        title: [
            Step(
                one["path"],
                {"New file": "new", "At the end of": "end"}.get(one["how"], one["where"]),
                one["text"] or "",
                one["code"],
            )
            for one in STEP.finditer(text)
        ]
        for title, text in zip(parts[1::2], parts[2::2])
    }
    return {title: steps for title, steps in found.items() if steps}


def blocks(title: str, language: str) -> list[str]:
    """The code blocks of a language under a heading, whatever they are for."""
    parts = HEADING.split(PAGE.read_text(encoding="utf-8"))
    text = dict(zip(parts[1::2], parts[2::2]))[title]
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
