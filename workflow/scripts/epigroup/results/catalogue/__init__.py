"""Every file that a run leaves for a user to read: where it lies, what it is, and what its columns mean.

A module a stage; `FILES` has them all by key. Figures, report and audit find their tables by these records, and what
is written of the results for users is made from them. Neither words nor which columns are needed change a result: a
table that lacks one is refused, and that is all. So an edit of them reruns no job (`CHANGES_NO_RESULT`).
"""

from epigroup.results.catalogue.adopt import ADOPT_FILES
from epigroup.results.catalogue.audit import AUDIT_FILES
from epigroup.results.catalogue.baselines import BASELINE_FILES
from epigroup.results.catalogue.comparison import COMPARISON_FILES
from epigroup.results.catalogue.data import DATA_FILES
from epigroup.results.catalogue.evaluation import EVALUATION_FILES
from epigroup.results.catalogue.grouping import GROUPING_FILES
from epigroup.results.catalogue.imputation import IMPUTATION_FILES
from epigroup.results.catalogue.record import ResultFile
from epigroup.results.catalogue.simulation import SIMULATION_FILES
from epigroup.results.catalogue.training import TRAINING_FILES

FILES: dict[str, ResultFile] = {
    one.key: one
    for one in (
        *DATA_FILES,
        *TRAINING_FILES,
        *GROUPING_FILES,
        *EVALUATION_FILES,
        *BASELINE_FILES,
        *COMPARISON_FILES,
        *SIMULATION_FILES,
        *AUDIT_FILES,
        *ADOPT_FILES,
        *IMPUTATION_FILES,
    )
}


def described(path: str) -> list[ResultFile]:
    """The records of a path below the results folder: one, or none for a file that is not for a reader."""
    return [one for one in FILES.values() if one.stands_for(path)]
