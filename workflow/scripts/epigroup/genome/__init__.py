"""FASTA -> codes; assemblies, contigs, bins, transcripts.

`fasta` reads FASTA, `build` writes genome.h5, and `codes` has its one reader, `open_genome`, which imports neither; no
sequence is ever written for an example. Names of contigs from elsewhere are held against the genome's by `contigs`,
which knows the spellings of an assembly. Coordinates are 0-based and half-open.
"""
