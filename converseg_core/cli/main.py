"""Entry point: find the command, run it, turn every way to end into an exit code.

Nothing but the standard library is imported here. A command's module is imported when the command is
run, so that ``converseg --help`` answers at once and a broken extra breaks its own command only.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points

from converseg_core.cli.errors import (
    EXIT_FAILED,
    EXIT_GOOD,
    EXIT_INTERRUPTED,
    EXIT_TERMINATED,
    EXIT_WRONG_USE,
    CommandError,
    Terminated,
)
from converseg_core.cli.signals import stop_signals

Command = Callable[[Sequence[str]], int]

ENTRY_POINT_GROUP = "converseg.commands"

_CORE_COMMANDS = {
    "segment": ("converseg_core.cli.segment", "answer questions about image files"),
    "demo": ("converseg_core.cli.demo.command", "the whole robot loop over real ROS 2, on the sample bag"),
    "eval": ("converseg_core.cli.eval.command", "how good a model is on a data set"),
    "bag": ("converseg_core.cli.bag.command", "a model over a recorded bag: every frame once"),
    "bags": ("converseg_core.cli.bag.fleet", "the same over many bags: several at a time, one table"),
    "bench": ("converseg_core.cli.bench", "what ConverSeg-Net costs on this machine"),
    "export": ("converseg_core.cli.export", "a ConverSeg-Net bundle as ONNX graphs, with parity"),
    "models": ("converseg_core.cli.models", "list, describe and check models"),
    "doctor": (
        "converseg_core.cli.doctor.command",
        "what is wrong with this set-up, and what to do",
    ),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``converseg`` with ``argv`` (default: the process's own arguments).

    Returns:
        0 good, 1 failed, 2 wrong use, 130 interrupted (Ctrl-C), 143 terminated.
    """
    args, debug = _take_debug(list(sys.argv[1:] if argv is None else argv))
    with stop_signals():
        return _guarded(args, debug)


def _guarded(args: list[str], debug: bool) -> int:
    try:
        return _dispatch(args)
    except CommandError as error:
        return _complain(str(error), error.exit_code, debug)
    except KeyboardInterrupt:
        return _complain("interrupted", EXIT_INTERRUPTED, debug)
    except Terminated:
        return _complain("terminated", EXIT_TERMINATED, debug)
    except BrokenPipeError:
        # The reader of our output has gone (`converseg ... | head`). Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except Exception as error:  # noqa: BLE001 - the last resort: one line, not a page of stack
        line = " ".join(str(error).split()) or "no message"
        hint = "" if debug else " (run `converseg --debug ...` for the traceback, and please report it)"
        return _complain(f"unexpected {type(error).__name__}: {line}{hint}", EXIT_FAILED, debug)


def _dispatch(args: list[str]) -> int:
    if not args or args[0] in ("-h", "--help", "help"):
        stream = sys.stdout if args else sys.stderr
        stream.write(_help_text())
        return EXIT_GOOD if args else EXIT_WRONG_USE
    if args[0] in ("-V", "--version"):
        from converseg_core import __version__

        sys.stdout.write(f"converseg {__version__}\n")
        return EXIT_GOOD
    command = _find(args[0])
    if command is None:
        known = ", ".join([*_CORE_COMMANDS, *_plugins()])
        return _complain(f"no command {args[0]!r}; the commands are {known}", EXIT_WRONG_USE, debug=False)
    try:
        return command(args[1:])
    except SystemExit as error:  # argument parsers end this way, after their own message
        if error.code is None or isinstance(error.code, int):
            return error.code or EXIT_GOOD
        return _complain(str(error.code), EXIT_FAILED, debug=False)


def _find(name: str) -> Command | None:
    if name in _CORE_COMMANDS:
        module_name, _ = _CORE_COMMANDS[name]
        command: Command = importlib.import_module(module_name).main
        return command
    plugin = _plugins().get(name)
    if plugin is None:
        return None
    try:
        loaded: Command = plugin.load()
    except ImportError as error:
        raise CommandError(
            f"`converseg {name}` cannot be loaded ({error}); install what it needs: "
            f"pip install 'converseg-ros[{name}]'"
        ) from error
    return loaded


def _plugins() -> dict[str, EntryPoint]:
    """Commands of packages above core, which core knows only by name."""
    found = sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda entry: entry.name)
    return {entry.name: entry for entry in found if entry.name not in _CORE_COMMANDS}


def _help_text() -> str:
    rows = [(name, summary) for name, (_, summary) in _CORE_COMMANDS.items()]
    rows += [(name, f"from {entry.module.partition('.')[0]}") for name, entry in _plugins().items()]
    width = max(len(name) for name, _ in rows)
    lines = "\n".join(f"  {name:<{width}}  {summary}" for name, summary in rows)
    return (
        "usage: converseg [--debug] COMMAND ...\n\n"
        "An image and everyday words in, a mask out.\n\n"
        f"commands:\n{lines}\n\n"
        "options:\n"
        "  -h, --help     this text; `converseg COMMAND --help` for a command's own\n"
        "  -V, --version  print the version\n"
        "  --debug        print a traceback when something goes wrong\n\n"
        "Data goes to stdout, messages to stderr. Exit codes: 0 good, 1 failed, 2 wrong use.\n"
    )


def _take_debug(args: list[str]) -> tuple[list[str], bool]:
    """Split off a ``--debug`` that stands before the command."""
    if args and args[0] == "--debug":
        return args[1:], True
    return args, False


def _complain(message: str, exit_code: int, debug: bool) -> int:
    if debug:
        traceback.print_exc(file=sys.stderr)
    sys.stderr.write(f"converseg: {message}\n")
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
