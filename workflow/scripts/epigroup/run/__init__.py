"""Which files a rule takes and what it is told: a config and a sheet in terms of the workflow's own files.

`facts.Run` is what a completed config and its sheet mean. A module a stage beside it answers by plain functions of a
run and of names (strategy, seed, profile), which rule files call through `of_run` and `by_wildcards`. What a rule is
told of the config stands in `settings`: it is kept with the results, and a change of it reruns the stage. `checks` says
at once what a config asks that cannot be; `provenance` keeps what made each result. Nothing here knows Snakemake.
"""
