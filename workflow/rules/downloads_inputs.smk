# Where the files of accessions come from, and for which row.


def address_of(wildcards):
    """The address of a file: the archive's from the config, and its place there."""
    one = DOWNLOADS[wildcards.file]
    return f"{config['downloads'][one.archive].rstrip('/')}/{one.place}"


def row_of(wildcards):
    """Which row of the sheet asks for a file."""
    return f"{config['samples']}, {DOWNLOADS[wildcards.file].row}"
