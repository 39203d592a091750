"""Runs the fast tests: most of them in two processes, then those that want the machine to themselves.

    .venv/bin/python scripts/run_tests.py [arguments of pytest]

`make test ARGS=...` calls this. A path, `-k` and other options of pytest hold for both parts; `-m` narrows
both; `-n 0` runs everything in one process, which `--pdb` and `-s` need; `-p no:rerunfailures` tries no test
again. The exit code is that of the first part that failed, and the last lines say how each part ended.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

NO_TESTS = 5
"""pytest's exit code where the arguments leave no test."""
STOPS = (2, 3, 4)
"""pytest's exit codes after which nothing more is run: interrupted, internal error, wrong use."""
KILLED = 128
"""What a shell adds to the number of the signal that ended a process."""
RESCUED_VARIABLE = "PYTEST_RESCUED_FILE"
"""Read by tests/rescue_budget.py: both parts share how many tests may pass only when tried again."""
PARTS = {
    "two at a time": ("not alone", ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")),
    "one at a time": ("alone", ("-n", "0")),
}


def main(arguments: list[str]) -> int:
    """Runs both parts; returns the exit code."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-m", default="not slow")
    known, rest = parser.parse_known_args(arguments)
    codes: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, (which, options) in PARTS.items():
            # Reading all test files takes many seconds; few of them hold such tests.
            paths = files_with(which) if which == "alone" and not names_a_path(rest) else []
            words = [*options, "-m", f"({known.m}) and {which}", *rest, *paths]
            codes[name] = run_pytest(words, Path(folder) / "rescued")
            if codes[name] in STOPS or codes[name] > KILLED:
                break
    failed = [code for code in codes.values() if code not in (0, NO_TESTS)]
    for name, code in codes.items():
        print(f"Tests {name}: {said(code)}", flush=True)
    return failed[0] if failed else min(codes.values())


def names_a_path(arguments: list[str]) -> bool:
    """Whether the arguments say where to look for tests."""
    return any(Path(word.partition("::")[0]).exists() for word in arguments)


def files_with(mark: str) -> list[str]:
    """Test files below the working folder's ``tests`` that use a mark."""
    files = sorted(Path("tests").rglob("test_*.py"))
    return [str(path) for path in files if f"pytest.mark.{mark}" in path.read_text(encoding="utf-8")]


def run_pytest(arguments: list[str], rescued: Path) -> int:
    """Start pytest as a process of its own, which alone handles Ctrl-C; returns its exit code."""
    environment = os.environ | {RESCUED_VARIABLE: str(rescued)}
    with subprocess.Popen([sys.executable, "-m", "pytest", *arguments], env=environment) as process:
        signal.signal(signal.SIGINT, lambda *_: None)  # the terminal has sent it to pytest too
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        code = process.wait()
    return code if code >= 0 else KILLED - code


def said(code: int) -> str:
    """What an exit code of pytest means."""
    words = {0: "passed", 1: "FAILED", 2: "interrupted", NO_TESTS: "none chosen"}
    return words.get(code, f"ended with {code}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
