"""A run beside the paper whose protocol it follows.

`shiri2022` holds what was printed; a difference is a number only where this run has the paper's profiles.
"""
