"""Where the files of accessions come from, and for which row."""

from epigroup.run.facts import Run


def address(run: Run, file: str) -> str:
    """The address of a file: the archive's from the config, and its place there."""
    one = run.sheet.downloads[file]
    return f"{run.config['downloads'][one.archive].rstrip('/')}/{one.place}"


def row(run: Run, file: str) -> str:
    """Which row of the sheet asks for a file."""
    return f"{run.config['samples']}, {run.sheet.downloads[file].row}"


def checksum(run: Run, file: str) -> str | None:
    return run.sheet.downloads[file].checksum
