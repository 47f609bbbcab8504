"""The sheet of new profiles beside that of the run."""

from dataclasses import replace

from epigroup.config.sheet import Profile, Sheet
from epigroup.core.errors import InputError


def files_of(profile: Profile) -> set[str]:
    """The data files of a profile's rows, by which it is known again under another name."""
    reads = {path for one in profile.replicates for files in one.reads for path in files}
    others = {path for one in profile.replicates for path in (one.bam, one.peaks)}
    return reads | {path for path in others if path is not None}


def with_adopted(sheet: Sheet, new: Sheet) -> Sheet:
    """The run's sheet with the profiles of another one, which are no tasks of the run: `Sheet.adopted` names them.

    An input may stand in both sheets with the same row. Raises InputError, with every fault, for new profiles that the
    run has already, by their name or by their files.
    """
    owner = {path: name for name, one in sheet.profiles.items() for path in files_of(one)}
    faults = []
    for name, one in new.profiles.items():
        if one.is_input and sheet.profiles.get(name) == one:
            continue
        if name in sheet.profiles:
            faults.append(
                f"{name}: is a profile of the run already ({sheet.path}); take it out of one of the two"
            )
            continue
        shared = sorted(files_of(one) & set(owner))
        if shared and not one.is_input:
            faults.append(f"{name}: its file {shared[0]} is that of {owner[shared[0]]} in {sheet.path}")
    if faults:
        raise InputError("\n  ".join([f"adopt.samples: {new.path}: {faults[0]}", *faults[1:]]))
    return replace(
        sheet,
        profiles={**sheet.profiles, **{k: v for k, v in new.profiles.items() if k not in sheet.profiles}},
        downloads={**sheet.downloads, **new.downloads},
        checksums={**sheet.checksums, **new.checksums},
        adopted=frozenset(new.tasks),
        notes=(*sheet.notes, *new.notes),
    )
