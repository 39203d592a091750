"""Runs pip with one line of progress in place of its pages, and keeps all it said in a log."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


class SetUpError(Exception):
    """Set-up stopped; the message says why and what to do, in one line."""


def num_pins(requirements_path: Path) -> int:
    """Number of pinned packages in a requirements file and those it includes with `-r`."""
    count = 0
    for line in requirements_path.read_text().splitlines():
        if line.startswith("-r "):
            count += num_pins(requirements_path.parent / line[3:].strip())
        count += "==" in line
    return count


def pip_install(
    python_path: Path,
    arguments: Sequence[str],
    *,
    label: str,
    num_packages: int,
    environment: Mapping[str, str],
    log_path: Path,
    half_done_path: Path,
) -> None:
    """Runs `pip install` in the environment of `python_path`.

    Args:
        python_path: The environment's interpreter.
        arguments: What follows `pip install`.
        label: What the progress line calls this.
        num_packages: How many packages pip is expected to look at.
        environment: Variables for pip.
        log_path: All that pip says is added here.
        half_done_path: A file that exists while pip changes the environment. Where it is left
            behind, packages may be there in part, and pip would take them for whole.

    Raises:
        SetUpError: pip failed.
    """
    command = [str(python_path), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--progress-bar", "off", *arguments]
    started = said = time.monotonic()
    num_seen, failures, installs = 0, list[str](), False
    with log_path.open("a") as log:
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            text=True,
            errors="replace",
        )
        assert process.stdout is not None
        for line in process.stdout:
            log.write(line)
            if line.startswith("ERROR:"):
                failures.append(line.removeprefix("ERROR:").strip())
            elif re.match(r"(Collecting|Requirement already satisfied)", line):
                num_seen += 1
            elif line.startswith("Installing collected packages"):
                installs = True
                half_done_path.touch()
                _show(f"{label}: installing", started, last=False)
            if not installs and time.monotonic() - said >= (0.2 if sys.stderr.isatty() else 10):
                said = time.monotonic()
                _show(
                    f"{label}: {min(num_seen, num_packages)} of {num_packages} packages fetched",
                    started,
                    last=False,
                )
        return_code = process.wait()
    if return_code != 0:
        reason = failures[0] if failures else f"pip stopped with code {return_code}"
        raise SetUpError(
            f"{label} failed: {reason} (all of it in {log_path}). Run the same command again to go on."
        )
    half_done_path.unlink(missing_ok=True)
    _show(f"{label}: done", started, last=True)


def _show(text: str, started: float, *, last: bool) -> None:
    text = f"{text} ({time.monotonic() - started:.0f} s)"
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="\n" if last else "", file=sys.stderr, flush=True)
    else:
        print(text, file=sys.stderr, flush=True)
