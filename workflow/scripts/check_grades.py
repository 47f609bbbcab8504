"""Are the profiles left out of training those whose quality is below qc.min_grade?"""

from epigroup.core.logs import log_to
from epigroup.quality.tables import check_left_out

with log_to(snakemake.log[0]):
    check_left_out(snakemake.input.summary, out=snakemake.output.left_out, **snakemake.params.cfg)
