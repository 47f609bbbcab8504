"""Small BAM files for tests, from fragments that are known."""

import numpy as np
import pysam

LENGTH = 50


def write_bam(path, fragments, *, paired, sizes, length=LENGTH, strands=None):
    """Fragments (contig index, start, end), sorted by coordinate and indexed: pairs from both ends, or one read
    from the end that `strands` (True: reverse) says, by default by turns."""
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": n, "LN": s} for n, s in sizes.items()]}
    reads = []
    for number, (contig, start, end) in enumerate(fragments):
        starts = {False: start, True: end - length}
        turned = bool(number % 2) if strands is None else bool(strands[number])
        for reverse in (False, True) if paired else (turned,):
            read = pysam.AlignedSegment()
            read.query_name, read.query_sequence = f"r{number}", "A" * length
            read.query_qualities = pysam.qualitystring_to_array("F" * length)
            read.reference_id, read.reference_start = contig, starts[reverse]
            read.mapping_quality, read.cigartuples = 42, [(0, length)]
            read.flag = 16 if reverse else 0
            if paired:
                first = reverse == (strands is not None and turned)
                read.flag |= 3 | (64 if first else 128) | (0 if reverse else 32)
                read.next_reference_id, read.next_reference_start = contig, starts[not reverse]
                read.template_length = (start - end) if reverse else (end - start)
                read.set_tag("MQ", 42)
                read.set_tag("MC", f"{length}M")
            reads.append(read)
    reads.sort(key=lambda read: (read.reference_id, read.reference_start))
    with pysam.AlignmentFile(str(path), "wb", header=header) as handle:
        for read in reads:
            handle.write(read)
    pysam.index(str(path))
    return str(path)


def counted_ends(path, sizes):
    """5' ends a base, by contig, of the forward and of the reverse strand, read by read."""
    ends = {name: np.zeros((2, size), int) for name, size in sizes.items()}
    with pysam.AlignmentFile(str(path)) as handle:
        for read in handle:
            at = read.reference_end - 1 if read.is_reverse else read.reference_start
            ends[read.reference_name][int(read.is_reverse), at] += 1
    return ends
