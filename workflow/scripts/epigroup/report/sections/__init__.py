"""The sections of the report, in their order on the page: one file a section, one line here.

A section is a function of the page (`section.Page`) that gives a `section.Section`, or None where the run has nothing
for it.
"""

SECTIONS: tuple[str, ...] = (
    "epigroup.report.sections.summary:headline",
    "epigroup.report.sections.strategies:strategies",
    "epigroup.report.sections.units:units",
    "epigroup.report.sections.strata:baselines",
    "epigroup.report.sections.strata:strata",
    "epigroup.report.sections.regions:regions",
    "epigroup.report.sections.groups:groups",
    "epigroup.report.sections.affinities:affinities",
    "epigroup.report.sections.known_sets:known_sets",
    "epigroup.report.sections.planted:planted",
    "epigroup.report.sections.tasks:tasks",
    "epigroup.report.sections.training:training",
    "epigroup.report.sections.data:data",
    "epigroup.report.sections.quality:quality",
    "epigroup.report.sections.quality:read_quality",
    "epigroup.report.sections.audit:the_audit",
    "epigroup.report.sections.cost:cost",
    "epigroup.report.sections.paper:the_paper",
    "epigroup.report.methods.section:method",
)
