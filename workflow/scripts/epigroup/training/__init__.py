"""Batches -> best weights; the same bits however often a job is stopped.

`train_pack` trains the groups of one job, `trainer` one of them, `packing` says how several go side by side.
`batches` makes examples in an order that the seed alone decides, and `checkpoints` keeps what a stopped job goes on
from. What is fastest on this processor is measured in `calibration`.
"""
