# Further folds: each is this workflow once more, as a module with splits and results of its own.
from epigroup.run import folds

# The folds beside the first, which the first makes; a run of one of them makes that one.
FURTHER = RUN.folds[1:] if RUN.fold == 1 else []

# Snakemake takes the name of a module and what stands before its rules from variables of these names.
for number in FURTHER:
    fold, fold_ = f"fold{number}", f"fold{number}_"

    module:
        name: fold
        snakefile:
            "../Snakefile"
        config:
            {"run": RUN.of_fold(number), "source": CONFIG_SOURCE}

    use rule * from fold as fold_*


if FURTHER:

    # Everything that hangs on the splits, in every fold.
    rule folds:
        input:
            of_run(folds.findings_of_all),
        localrule: True

elif not IN_FOLD:

    rule folds:
        input:
            lambda wc: refuse(f"{CONFIG_SOURCE}: {of_run(folds.why_none)}"),
        localrule: True
