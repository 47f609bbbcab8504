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

    An input may stand in both sheets with the same row. Of a file that both name, of the user's own or fetched, what
    the run's sheet says counts, so that nothing of a finished run is made again; a checksum that the new sheet alone
    has for it is passed over with a note. Raises InputError, with every fault, for new profiles that the run has
    already, by their name or by their files, and for two checksums of one file.
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
    notes, wrong = _of_checksums(sheet, new)
    faults += wrong
    if faults:
        raise InputError("\n  ".join([f"adopt.samples: {new.path}: {faults[0]}", *faults[1:]]))
    return replace(
        sheet,
        profiles={**sheet.profiles, **{k: v for k, v in new.profiles.items() if k not in sheet.profiles}},
        downloads={**sheet.downloads, **{k: v for k, v in new.downloads.items() if k not in sheet.downloads}},
        checksums={**sheet.checksums, **{k: v for k, v in new.checksums.items() if k not in owner}},
        adopted=frozenset(new.tasks),
        notes=(*sheet.notes, *new.notes, *notes),
    )


def _of_checksums(sheet: Sheet, new: Sheet) -> tuple[list[str], list[str]]:
    """(notes, faults) of the files that both sheets name and of which the new one has a checksum."""
    own = {path for one in sheet.profiles.values() for path in files_of(one)}
    # file -> ((checksum, row) of the run's sheet, the same of the new one)
    both: dict[str, tuple[tuple[str | None, str], tuple[str, str]]] = {
        path: (sheet.checksums.get(path, (None, "")), known)
        for path, known in new.checksums.items()
        if path in own
    }
    both |= {
        one.name if one.archive else one.place: ((before.checksum, before.row), (one.checksum, one.row))
        for name, one in new.downloads.items()
        if one.checksum is not None and (before := sheet.downloads.get(name)) is not None
    }
    notes, faults = [], []
    for file, ((earlier, where), (checksum, row)) in both.items():
        if earlier is None:
            notes.append(
                f"{new.path}: {row}: the checksum of {file} is not compared, since the run's sheet names the file "
                "without one; to have it compared give it there"
            )
        elif earlier != checksum:
            faults.append(
                f"{row}: {checksum} is given for {file}, and {earlier} in {sheet.path}, {where}; one file has one "
                "checksum: correct the wrong one"
            )
    return notes, faults
