"""Tests that pass only when tried again: few of them are let pass in a run, and none in silence.

Discovery of DDS has no end that a process could wait for, and a machine may stop for seconds at any time:
once in some runs of hundreds of tests over DDS, one of them fails through no fault of the node. So each that
fails is tried once more. What is lost by it: a fault of the node that shows in fewer than one of some hundred
runs of a test is seen only here, in the report. So the failures that were overcome are printed in full, and
from the third such test on the whole run fails.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

MAX_RESCUED = 2
"""Tests that may pass when tried again, in all processes of a run."""
FILE_VARIABLE = "PYTEST_RESCUED_FILE"
"""Names a file that several runs of pytest write their rescued tests to, to share the budget."""


def try_once_more(items: list[pytest.Item], config: pytest.Config) -> None:
    """Let each of these tests be run again where it fails; not with ``-p no:rerunfailures``."""
    if config.pluginmanager.hasplugin("rerunfailures"):
        for item in items:
            item.add_marker(pytest.mark.flaky(reruns=1))


class RescueBudget:
    """Counts the tests that were rescued in all worker processes, and ends the run accordingly."""

    def __init__(self) -> None:
        self._failed: dict[str, list[pytest.TestReport]] = {}
        self._lost: set[str] = set()
        self._num_before = 0

    @classmethod
    def install(cls, config: pytest.Config) -> None:
        """Count in the process that reports; its workers tell it."""
        if not hasattr(config, "workerinput"):
            config.pluginmanager.register(cls(), "rescue budget")

    @property
    def rescued(self) -> dict[str, list[pytest.TestReport]]:
        """Tests that passed in the end, with the reports of their failures."""
        return {name: reports for name, reports in self._failed.items() if name not in self._lost}

    @property
    def is_spent(self) -> bool:
        return self._num_before + len(self.rescued) > MAX_RESCUED

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        outcome: str = report.outcome  # "rerun" is the plugin's own
        if outcome == "rerun":
            self._failed.setdefault(report.nodeid, []).append(report)
        elif outcome == "failed":
            self._lost.add(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if FILE_VARIABLE in os.environ:
            path = Path(os.environ[FILE_VARIABLE])
            self._num_before = len(path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0
            with path.open("a", encoding="utf-8") as file:
                file.writelines(f"{name}\n" for name in self.rescued)
        if self.is_spent and self.rescued and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if not self.rescued:
            return
        terminalreporter.write_sep("=", "passed only when tried again", yellow=True, bold=True)
        for name, reports in self.rescued.items():
            terminalreporter.write_sep("_", name, yellow=True)
            for report in reports:
                report.toterminal(terminalreporter._tw)
        num = self._num_before + len(self.rescued)
        words = f"{num} of at most {MAX_RESCUED} tests passed only when tried again"
        terminalreporter.write_sep(
            "=", f"FAILED: {words}" if self.is_spent else words, red=self.is_spent, yellow=not self.is_spent
        )
