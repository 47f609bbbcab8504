"""The report's section of the audit, and its line among the warnings of the first screen."""

from epigroup.audit.finding import FAIL, NOT_APPLICABLE, PASS, WARN
from epigroup.report.section import Page, Section, fill
from epigroup.results.run import Results

TONES = {PASS: "good", WARN: "none", FAIL: "bad", NOT_APPLICABLE: "soft"}


def the_audit(page: Page) -> Section | None:
    """The verdicts of the audit."""
    found = audit_section(page.results)
    return Section("audit", "Audit", fill("audit", audit=found, page=page)) if found else None


def audit_section(results: Results) -> dict | None:
    """rows (title, verdict, tone, figure, advice, pitfall, details in lines), source; None without an audit."""
    if results.audit is None:
        return None
    keys = ("title", "verdict", "figure", "advice", "pitfall")
    rows = [
        {key: one[key] for key in keys}
        | {"tone": TONES[one["verdict"]], "fitted": one["details"].get("fitted", [])}
        for one in results.audit["findings"]
    ]
    return {"rows": rows, "source": results.audit["source"]}


def audit_warnings(results: Results) -> list[str]:
    """One sentence when a check fails or warns, else none."""
    if results.audit is None:
        return []
    named = {
        verdict: [one["title"] for one in results.audit["findings"] if one["verdict"] == verdict]
        for verdict in (FAIL, WARN)
    }
    parts = [f"{len(named[FAIL])} checks fail ({'; '.join(named[FAIL])})"] if named[FAIL] else []
    parts += [f"{len(named[WARN])} warn ({'; '.join(named[WARN])})"] if named[WARN] else []
    return [f"Audit: of {len(results.audit['findings'])} checks {', '.join(parts)}."] if parts else []
