"""Start the three processes, follow the client's report, notice every way to fail."""

from __future__ import annotations

import queue
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from converseg_core.cli.demo.processes import Child, Children, node_command
from converseg_core.cli.demo.recording import Recording
from converseg_core.cli.demo.row import AnswerRow
from converseg_core.cli.ros_environment import child_environment, free_domain_id
from converseg_core.cli.signals import raise_if_stopped

_POLL_S = 0.05


class RunError(Exception):
    """The loop could not be run to its end; the message says what happened, with the tail of a log."""


def run_loop(
    recording: Recording, *, model: str, out: Path, timeout_s: float
) -> Generator[AnswerRow, None, None]:
    """Run the loop and yield each answer as it comes; all processes have ended when it returns.

    Raises:
        RunError: a process died, the client ended early, or nothing happened for too long.
    """
    log_folder = out / "logs"
    env = child_environment(
        domain_id=free_domain_id(), changes={"ROS_LOG_DIR": str((log_folder / "ros").absolute())}
    )
    bag = str(recording.path.absolute())
    ask = ["--bag", bag, "--out", str(out), "--timeout-s", str(timeout_s)]
    with Children(env=env, log_folder=log_folder) as children, _spinner(recording.num_questions) as show:
        client = children.start("client", node_command("ask_node", *ask), with_stdout=True)
        segmenter = children.start("segmenter", node_command("segmenter_node", model=model))
        # The recording must not run before both others listen.
        play = node_command(
            "bag_player_node",
            bag=bag,
            wait_for_subscriber_s=str(float(timeout_s)),
            wait_for_clock_listener="true",
        )
        camera = children.start("camera", play)
        yield from _follow(client, segmenter, camera, recording, timeout_s, show)


def _follow(
    client: Child, segmenter: Child, camera: Child, recording: Recording, timeout_s: float, show: _Show
) -> Iterator[AnswerRow]:
    lines = client.lines()
    deadline = time.monotonic() + recording.duration_s + 3 * timeout_s
    num_rows = 0
    while True:
        raise_if_stopped()
        try:
            line = lines.get(timeout=_POLL_S)
        except queue.Empty:
            if segmenter.exit_code is not None:
                raise RunError(segmenter.obituary()) from None
            if camera.exit_code not in (None, 0) and num_rows == 0:
                raise RunError(camera.obituary()) from None
            if time.monotonic() > deadline:
                raise RunError(f"the client did not end in time; see {client.log_path}") from None
            continue
        if line is None:
            break
        try:
            row = AnswerRow.model_validate_json(line)
        except ValidationError as error:
            raise RunError(f"the client said something unexpected: {line[:200]!r}") from error
        num_rows += 1
        show.update(num_rows)
        yield row
    client.wait(timeout_s)
    if num_rows < recording.num_questions:
        raise RunError(
            f"{num_rows} of {recording.num_questions} questions were reported; {client.obituary()}"
        )
    if camera.exit_code not in (None, 0):
        raise RunError(camera.obituary())


class _Show:
    """Progress for people; says nothing."""

    def update(self, num_answers: int) -> None:
        """So many answers have come."""


class _Spinner(_Show, AbstractContextManager["_Spinner"]):
    def __init__(self, num_questions: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=Console(stderr=True),
            transient=True,
            # Rows printed meanwhile go above the bar, but only where both are the same terminal.
            redirect_stdout=sys.stdout.isatty(),
        )
        self._task = self._progress.add_task("camera, segmenter and client start", total=num_questions)

    def update(self, num_answers: int) -> None:
        self._progress.update(self._task, completed=num_answers, description="answers")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._progress.stop()


def _spinner(num_questions: int) -> AbstractContextManager[_Show]:
    return _Spinner(num_questions) if sys.stderr.isatty() else nullcontext(_Show())
