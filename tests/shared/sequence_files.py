"""FASTA and FASTQ files for tests, from sequences and records that are known."""

import gzip


def write_fasta(path, sequences):
    """A FASTA file of {contig: its letters}, a line each."""
    path.write_text("".join(f">{name}\n{''.join(letters)}\n" for name, letters in sequences.items()))
    return path


def write_records(path, records):
    """The text of a FASTQ file, packed where the name ends in .gz."""
    data = records if isinstance(records, bytes) else records.encode()
    path.write_bytes(gzip.compress(data, 1) if path.name.endswith(".gz") else data)
    return path
