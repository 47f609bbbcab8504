"""What the checks of a replicate's FASTQ files found, as a file."""

import json
import logging
import os
from pathlib import Path

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.text_files import REMEDY

logger = logging.getLogger(__name__)


def write_facts(out: str | os.PathLike, facts: list[dict]) -> None:
    """Write the facts of a replicate's files as JSON, and log them."""
    for one in facts:
        logger.info("%(path)s: %(records)d records of %(shortest)d to %(longest)d bases", one)
    with whole(out) as partial:
        partial.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def read_records(path: str | os.PathLike) -> int:
    """Records that `write_facts` counted, of all files together. Raises InputError for a damaged file."""
    try:
        return sum(int(one["records"]) for one in json.loads(Path(path).read_bytes()))
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path}: does not count the reads of FASTQ files; {REMEDY}") from None
