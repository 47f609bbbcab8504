"""Edits of a tree's files, some undone afterwards, and the jobs that a dry run would do."""

import os
import re
from contextlib import contextmanager

from checkouts import EVERYTHING, run_snakemake

LIBRARY = "workflow/scripts/epigroup"
CONFIG, MORE = EVERYTHING


def edit_once(path, old, new):
    """Replace what stands in the file once."""
    text = path.read_text()
    assert text.count(old) == 1, (path, old)
    path.write_text(text.replace(old, new))


@contextmanager
def edited(path, *replacements):
    """The file with each (old, new) replaced; as it was again afterwards, with its date."""
    text, times = path.read_text(), path.stat()
    new_text = text
    for old, new in replacements:
        assert old in new_text, f"{old!r} is not in {path}"
        new_text = new_text.replace(old, new, 1)
    path.write_text(new_text)
    try:
        yield
    finally:
        path.write_text(text)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def to_rerun(folder, *more):
    """Jobs that a dry run would do, as (rule, wildcards as text)."""
    text = run_snakemake(folder, "-n", "--configfile", *EVERYTHING, *more).stdout
    jobs = set()
    # the jobs of a group are indented
    for block in re.split(r"\n(?= *(?:local)?rule )", text):
        rule = re.match(r" *(?:local)?rule (\w+):", block)
        if rule and rule[1] != "everything":
            wildcards = re.search(r"^ +wildcards: (.*)$", block, re.MULTILINE)
            jobs.add((rule[1], wildcards[1] if wildcards else ""))
    return jobs


def rules_of(jobs):
    return {rule for rule, _ in jobs}
