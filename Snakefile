# The workflow itself stands in workflow/Snakefile; this file lets `snakemake` find it from the root folder.
include: "workflow/Snakefile"


# An included file does not pass on which rule is made without a target.
rule everything:
    default_target: True
    input:
        rules.all.input,
    localrule: True
