"""Strategies side by side.

`scores` reads metrics and blocks of all runs, `strategies` holds them against each other with paired bootstraps.
`best_of` makes a strategy of several, task by task, by validation.
"""
