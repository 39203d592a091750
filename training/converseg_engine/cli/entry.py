"""What a subcommand is: a frozen dataclass of its options, and a function that runs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One subcommand.

    Attributes:
        options: the dataclass that tyro fills from the command line; its docstring is the help.
        run: what it does. A str is printed as it is, ``None`` prints nothing, anything else becomes one
            line of JSON. ValueError is wrong use (exit 2), RuntimeError a failure (exit 1).
    """

    options: type[Any]
    run: Callable[[Any], object]
