# What made each result, of all folds: Snakemake's records, kept beside the results and put back where .snakemake has lost
# them.
import base64
import json
from pathlib import Path

from snakemake.io import is_flagged
from snakemake.persistence import MetadataRecord
from snakemake.persistence.file import FilePersistence

from epigroup.run import provenance


# Which state of the results the records in .snakemake are of.
def seen_state():
    place = hashlib.sha256(os.path.abspath(DATA).encode()).hexdigest()[:16]
    return Path(".snakemake", "provenance", place)


def recorded_outputs(store):
    """Paths that .snakemake has a record of."""
    names = []
    for folder, _, files in os.walk(store._metadata_path):
        parts = [part.removeprefix("@") for part in Path(folder).relative_to(store._metadata_path).parts]
        names += ["".join([*parts, name]) for name in files]
    return {base64.urlsafe_b64decode(name).decode() for name in names}


def recall():
    """Put records back that were lost, and say which results have none."""
    if not os.path.isdir(DATA):
        return
    store = FilePersistence()
    recorded = recorded_outputs(store)
    state, seen = provenance.state(DATA), seen_state()
    if state and not (recorded and seen.exists() and seen.read_text(encoding="utf-8") == state):
        lost = 0
        for outputs, record in provenance.put_back(checked(provenance.read_provenance, DATA)):
            # One text for all outputs of a job: that of thousands of profiles names as many inputs.
            text = json.dumps(dict(MetadataRecord(**record).items()))
            for output in outputs:
                lost += output not in recorded
                path = Path(store._record_path(store._metadata_path, output))
                path.parent.mkdir(exist_ok=True, parents=True)
                path.write_text(text, encoding="utf-8")
            recorded.update(outputs)
        seen.parent.mkdir(exist_ok=True)
        seen.write_text(state, encoding="utf-8")
        if lost:
            logger.warning(
                f"{DATA}: .snakemake had no record of {lost:,} results; it was taken from "
                f"{DATA}/{provenance.FILE}: what the config has changed since is made again"
            )
    outputs = {
        one.name: [item.regex() if item.contains_wildcard() else str(item) for item in one.output]
        for one in workflow.rules
    }
    found = provenance.without_record(DATA, recorded, outputs)
    if found:
        configs = " ".join(map(os.path.relpath, workflow.overwrite_configfiles))
        command = f"snakemake --configfile {configs}" if configs else "snakemake"
        logger.warning(provenance.told_without_record(DATA, found, command))


def check_touch():
    """Results are noted as made from a genome whose checksums are there, or not at all."""
    if workflow.touch and os.path.exists(GENOME["genome"]) and not os.path.exists(CHECKSUMS):
        refuse(
            f"{CHECKSUMS} is not there: an earlier version built the genome. Say `snakemake --cores 1 genome` first: results "
            "that are touched without it would all be made again later"
        )


def keep_provenance():
    """Write beside the results what Snakemake has recorded of the jobs of this run."""
    kept = checked(provenance.read_provenance, DATA)
    known = {output: date for one in kept for output, date in one.outputs.items()}
    new = []
    workflow.persistence.deactivate_cache()  # it holds the last job as it was before
    for job in workflow.dag.jobs:
        dates = {
            str(item): None if is_flagged(item, "temp") else os.stat(item).st_mtime
            for item in job.output
            if is_flagged(item, "temp") or os.path.exists(item)
        }
        is_known = all(output in known and known[output] == date for output, date in dates.items())
        if not dates or (is_known and not workflow.dag.finished(job)):
            continue
        record = workflow.persistence.metadata(next(item for item in job.output if str(item) in dates))
        if record is not None:
            new.append(provenance.Made(dates, dict(record.items())))
    if not new:
        return
    try:
        provenance.write_provenance(DATA, provenance.merged(kept, new))
        seen_state().parent.mkdir(exist_ok=True)
        seen_state().write_text(provenance.state(DATA), encoding="utf-8")
    except OSError as error:
        logger.warning(
            f"{DATA}/{provenance.FILE}: not written ({error}): what this run made is known from .snakemake alone"
        )


KEEPS_RECORDS = workflow.is_main_process and workflow.workflow_settings.persistence_backend.name == "FILE"
if KEEPS_RECORDS:
    recall()

    onstart:
        check_touch()
