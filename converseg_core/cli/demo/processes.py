"""Child processes that never outlive this one."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self


def node_command(module: str, *arguments: str, **parameters: str) -> list[str]:
    """The command line of one of our nodes, as a process that never outlives this one."""
    settings = [word for name, value in parameters.items() for word in ("-p", f"{name}:={value}")]
    tether = [sys.executable, "-m", "converseg_core.cli.demo.tether", str(os.getpid())]
    return [*tether, f"converseg_ros.{module}", *arguments, "--ros-args", *settings]


class Child:
    """One process: its own session, its output in a log file, its stdout at hand where wanted."""

    def __init__(
        self, name: str, command: Sequence[str], *, env: Mapping[str, str], log_path: Path, with_stdout: bool
    ) -> None:
        self.name = name
        self.log_path = log_path
        with log_path.open("wb") as log:
            self._process = subprocess.Popen(
                list(command),
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if with_stdout else log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches us alone, and we end the children
            )

    @property
    def stdout(self) -> IO[bytes]:
        """What the child prints; only where it was started with ``with_stdout``."""
        if self._process.stdout is None:
            raise ValueError(f"{self.name}: started without with_stdout")
        return self._process.stdout

    def lines(self) -> queue.Queue[bytes | None]:
        """A queue that gets each line of stdout as it comes, and None at its end; call once."""
        stream, lines = self.stdout, queue.Queue[bytes | None]()

        def pump() -> None:
            for line in stream:
                lines.put(line)
            lines.put(None)

        threading.Thread(target=pump, name=f"converseg-{self.name}", daemon=True).start()
        return lines

    @property
    def pid(self) -> int:
        """Of the process itself, which becomes the node: the tether starts no other."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def log_tail(self, num_lines: int = 15) -> str:
        """The last lines of the log."""
        text = self.log_path.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-num_lines:])

    def obituary(self) -> str:
        """How it ended, with the end of its log."""
        tail = self.log_tail() or "(its log is empty)"
        return f"the {self.name} ended with code {self.exit_code}; the end of {self.log_path}:\n{tail}"

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the child and all that it started."""
        if self._process.poll() is None:
            # The session's leader is the child, so the group has its id until it is reaped.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def wait(self, timeout_s: float) -> bool:
        """Wait for its end; False where it still runs."""
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True


class Children:
    """All children of a run. Leaving the ``with`` block, however it happens, ends them all."""

    def __init__(self, *, env: Mapping[str, str], log_folder: Path, grace_s: float = 1.0) -> None:
        self._env = env
        self._log_folder = log_folder
        self._grace_s = grace_s
        self._children: list[Child] = []

    def __enter__(self) -> Self:
        self._log_folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def start(self, name: str, command: Sequence[str], *, with_stdout: bool = False) -> Child:
        """Start one more."""
        log_path = self._log_folder / f"{name}.log"
        child = Child(name, command, env=self._env, log_path=log_path, with_stdout=with_stdout)
        self._children.append(child)
        return child

    def end(self) -> None:
        """SIGTERM to all at once, SIGKILL to those that are still there ``grace_s`` later."""
        try:
            for child in self._children:
                child.signal(signal.SIGTERM)
            deadline = time.monotonic() + self._grace_s
            for child in self._children:
                child.wait(max(0.0, deadline - time.monotonic()))
        finally:
            # Reached at once where a second Ctrl-C interrupts the waiting.
            for child in self._children:
                child.signal(signal.SIGKILL)
            for child in self._children:
                child.wait(1.0)
