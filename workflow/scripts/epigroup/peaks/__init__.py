"""Alignments -> standard peaks and pileups.

`macs_arguments` decides how an assay is called, `macs` calls, `replicates` holds replicates against each other.
`standard` brings called and given peaks into the one form that the data set is made from.
"""
