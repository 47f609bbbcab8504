"""What `make demo` and `make run` show of a run: one screen on a terminal, few lines elsewhere.

A logger plugin of Snakemake, found by its name on PYTHONPATH and asked for by `--logger epigroup`. Every process of
Snakemake that has it on its path imports it: it is small, and the library comes in with the first job.
"""

import logging
import sys

from snakemake_interface_logger_plugins.base import LogHandlerBase

from snakemake_logger_plugin_epigroup.display import Display


class LogHandler(LogHandlerBase):
    """Takes what Snakemake says of a run. A fault in the display is told, and the run goes on."""

    def __post_init__(self) -> None:
        self.display = None if self.common_settings.dryrun else Display()

    def describe(self, title: str, stages: dict[str, str]) -> None:
        """What the Snakefile knows. stages: rule -> stage, in the workflow's order; a rule of none is not shown."""
        if self.display is not None:
            self.display.describe(title, stages)

    def emit(self, record: logging.LogRecord) -> None:
        if self.display is None:
            text = self.format(record)
            if text and text != "None":
                print(text, file=sys.stdout)  # noqa: T201 (a dry run is asked for its text)
            return
        try:
            self.display.take(record)
        except Exception:  # noqa: BLE001 (as logging itself)
            self.handleError(record)

    def close(self) -> None:
        if self.display is not None:
            self.display.close()
        super().close()

    @property
    def writes_to_stream(self) -> bool:
        return True

    @property
    def writes_to_file(self) -> bool:
        return False

    @property
    def has_filter(self) -> bool:
        """Of a dry run Snakemake's own; else what is shown does not hang on --quiet."""
        return not self.common_settings.dryrun

    @property
    def has_formatter(self) -> bool:
        return False

    @property
    def needs_rulegraph(self) -> bool:
        return False
