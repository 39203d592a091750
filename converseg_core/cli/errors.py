"""How a command says that it cannot go on."""

from __future__ import annotations

EXIT_GOOD = 0
EXIT_FAILED = 1
EXIT_WRONG_USE = 2
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143


class CommandError(Exception):
    """The command failed; the message is one line that names the fault and the remedy."""

    exit_code = EXIT_FAILED


class UsageError(CommandError):
    """The command line was wrong."""

    exit_code = EXIT_WRONG_USE


class Terminated(BaseException):
    """SIGTERM arrived. Like KeyboardInterrupt, it passes every ``except Exception`` on its way out."""
