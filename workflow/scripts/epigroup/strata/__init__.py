"""Scores of bins apart by what is known of them: in how many cell types they are open, GC, distance to genes.

`bins` says once which stratum a test bin is in, for every strategy and seed; thresholds stay those of `evaluation`.
"""
