"""FASTA -> codes; assemblies, contigs, bins, transcripts."""
