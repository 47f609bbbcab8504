"""What a check of the audit says."""

from dataclasses import dataclass, field
from typing import Any

PASS, WARN, FAIL, NOT_APPLICABLE = "pass", "warn", "fail", "not applicable"
VERDICTS = (PASS, WARN, FAIL, NOT_APPLICABLE)


@dataclass(frozen=True)
class Finding:
    """verdict: one of VERDICTS; figure: what was measured, in a sentence; advice: what to do, in a sentence;
    details: the numbers behind it, as JSON has them."""

    verdict: str
    figure: str
    advice: str
    details: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ValueError(f"verdict {self.verdict!r} is not one of {', '.join(VERDICTS)}")


def worst(verdicts: list[str]) -> str:
    """The gravest of the verdicts; `not applicable` only where there is no other."""
    order = (NOT_APPLICABLE, PASS, WARN, FAIL)
    return max(verdicts, key=order.index, default=NOT_APPLICABLE)


def graded(share: float, warn: float, fail: float) -> str:
    """pass up to `warn`, warn up to `fail`, fail above."""
    return PASS if share <= warn else WARN if share <= fail else FAIL
