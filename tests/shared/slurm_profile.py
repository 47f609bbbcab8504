"""The Slurm profile as a site edits it: with the # taken away where it says so."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path


def take_away_marks(
    folder: Path, shown: Collection[str], instead: Mapping[str, tuple[str, str]] | None = None
) -> None:
    """Edit the Slurm profile of a checkout as its user would: the lines of the keys `shown` count from now on.

    `instead` has for some of them what their line says and what it shall say here. ValueError where the profile
    does not show a key, or shows it twice.
    """
    profile = folder / "profiles/slurm/config.yaml"
    text = profile.read_text()
    for key in shown:
        (line,) = re.findall(rf"^ *# {re.escape(key)}: .*$", text, re.MULTILINE)
        edited = line.replace("# ", "", 1)
        if instead is not None and key in instead:
            said, here = instead[key]
            assert said in edited, edited
            edited = edited.replace(said, here)
        text = text.replace(line, edited)
    profile.write_text(text)
