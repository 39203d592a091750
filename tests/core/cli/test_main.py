"""The command itself: help, exit codes, and how failures look."""

from __future__ import annotations

import importlib.metadata
import json
import os
import signal
import subprocess
import sys
import types
from pathlib import Path

import pytest

import converseg_core
from converseg_core.cli import main as main_module
from converseg_core.cli.errors import CommandError, Terminated
from converseg_core.cli.main import main
from converseg_core.cli.signals import raise_if_stopped
from tests.core.cli.conftest import RunCli, environment


def _install(monkeypatch: pytest.MonkeyPatch, command: object) -> None:
    """Put a command named ``trial`` into the real table."""
    module = types.ModuleType("trial_command")
    module.main = command  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "trial_command", module)
    monkeypatch.setitem(main_module._CORE_COMMANDS, "trial", ("trial_command", "a trial"))


def test_help_names_every_command_and_loads_nothing_heavy(tmp_path: Path) -> None:
    script = (
        "import sys; from converseg_core.cli.main import main; code = main(['--help']);"
        "heavy = {'torch', 'rclpy', 'mujoco', 'onnxruntime', 'tyro', 'rich', 'cv2'} & set(sys.modules);"
        "print(code, sorted(heavy), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment(), check=True
    )
    for name in ("segment", "demo", "models", "doctor"):
        assert f"  {name} " in done.stdout
    assert done.stderr.endswith("0 []\n")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"converseg {converseg_core.__version__}\n"


def test_no_command_and_unknown_command_are_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert main(["segmnet"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "no command 'segmnet'; the commands are segment, demo" in captured.err


@pytest.mark.parametrize("command", ["segment", "models", "doctor", "demo"])
def test_every_command_has_help_and_refuses_unknown_options(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--help"]) == 0
    assert "usage: converseg " + command in capsys.readouterr().out
    assert main([command, "--no-such-option"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "no-such-option" in captured.err


@pytest.mark.parametrize(
    ("raised", "code", "words"),
    [
        (
            CommandError("the disk is full; free some space"),
            1,
            "converseg: the disk is full; free some space\n",
        ),
        (KeyboardInterrupt(), 130, "converseg: interrupted\n"),
        (Terminated(), 143, "converseg: terminated\n"),
        (
            ZeroDivisionError("two\nlines"),
            1,
            "converseg: unexpected ZeroDivisionError: two lines (run `converseg",
        ),
    ],
)
def test_every_end_is_one_line_without_traceback(
    raised: BaseException,
    code: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def command(argv: list[str]) -> int:
        raise raised

    _install(monkeypatch, command)
    assert main(["trial"]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(words)
    assert captured.err.count("\n") == 1


def test_debug_shows_the_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def command(argv: list[str]) -> int:
        raise ZeroDivisionError("deep down")

    _install(monkeypatch, command)
    assert main(["--debug", "trial"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_plugin_is_found_by_its_entry_point_and_a_broken_one_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[list[str]] = []
    module = types.ModuleType("plugin_trial")

    def run(argv: list[str]) -> int:
        seen.append(argv)
        return 3

    module.run = run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "plugin_trial", module)
    entries = importlib.metadata.EntryPoints(
        [
            importlib.metadata.EntryPoint("works", "plugin_trial:run", main_module.ENTRY_POINT_GROUP),
            importlib.metadata.EntryPoint(
                "broken", "no_such_module_here:main", main_module.ENTRY_POINT_GROUP
            ),
        ]
    )
    monkeypatch.setattr(main_module, "entry_points", lambda group: entries.select(group=group))
    assert main(["works", "a", "--b"]) == 3
    assert seen == [["a", "--b"]]
    assert main(["broken"]) == 1
    assert "pip install 'converseg-ros[broken]'" in capsys.readouterr().err
    assert main(["--help"]) == 0
    assert "  works    from plugin_trial" in capsys.readouterr().out


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_a_real_command_in_one_line(
    number: signal.Signals, code: int, tmp_path: Path, picture: Path, model: str
) -> None:
    """A named pipe as image: the command is certainly in the middle of its work when the signal comes."""
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "converseg_core.cli.main", "segment", str(picture), str(pipe)]
    process = subprocess.Popen(
        [*command, "--prompt", "the red mug", "--json", "--model", model],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["image"] == str(picture)
        process.send_signal(number)
        _, errors = process.communicate(timeout=10)
    finally:
        process.kill()
    assert process.returncode == code
    assert "Traceback" not in errors


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_whose_exception_python_drops_still_ends_the_command(
    number: signal.Signals, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python ignores what is raised in a destructor; the note that the handler left must do it."""
    after: list[str] = []

    class Hungry:
        def __del__(self) -> None:
            os.kill(os.getpid(), number)
            for _ in range(1000):  # the handler runs between two of these, inside the destructor
                pass

    def command(argv: list[str]) -> int:
        Hungry()
        after.append("the exception was dropped")
        raise_if_stopped()
        return 0

    _install(monkeypatch, command)
    assert main(["trial"]) == code
    assert after
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL

    def quiet(argv: list[str]) -> int:
        raise_if_stopped()
        return 0

    _install(monkeypatch, quiet)
    assert main(["trial"]) == 0, "the note outlived its run"


def test_a_reader_that_goes_away_leaves_no_traceback(cli: RunCli, picture: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m converseg_core.cli.main --help | true; "
        f"{sys.executable} -m converseg_core.cli.main models list | true",
        shell=True,
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
