"""Many bags, each answered by a ``converseg bag`` process of its own, wherever tasks can run.

A bag that crashes its process, or eats all memory, costs that bag alone. What became of a bag stands in its
folder; a bag that is finished is not answered again, and one that was interrupted goes on.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from converseg_core import __version__
from converseg_core.bags import BagError
from converseg_core.offline.source import identity

_OUTCOME_NAME, _LOG_NAME, _METRICS_NAME = "outcome.json", "log.txt", "metrics.json"
_STORAGE = (".mcap", ".db3")


@dataclass(frozen=True)
class Outcome:
    """What became of one bag.

    Attributes:
        name: of the bag in its fleet.
        bag: its path.
        exit_code: of its process; None where it was not run, or interrupted.
        is_finished: there are results, and another run would give the same.
        words: what went wrong, in the process's own last line; empty where all is well.
        wall_s: how long the last process took.
        key: what was asked of which bytes; an outcome with another key is out of date.
    """

    name: str
    bag: str
    exit_code: int | None = None
    is_finished: bool = False
    words: str = "not answered yet"
    wall_s: float = 0.0
    key: str = ""

    @property
    def is_good(self) -> bool:
        """True where every frame was answered and nothing was wrong with the bag."""
        return self.exit_code == 0


@dataclass(frozen=True)
class Fleet:
    """Bags, what is asked about them, and where the results go.

    Attributes:
        bags: name -> bag.
        options: options of ``converseg bag``, the same for all.
        model_key: changes when the model does.
        out: folder of the results.
    """

    bags: dict[str, Path]
    options: tuple[str, ...]
    model_key: str
    out: Path

    @cached_property
    def names(self) -> list[str]:
        """Names of the bags by number."""
        return sorted(self.bags)

    def folder(self, name: str) -> Path:
        """Results of one bag."""
        return self.out / "bags" / name

    @cached_property
    def keys(self) -> dict[str, str]:
        """Name -> what is asked of which bytes."""
        return {name: self._key(bag) for name, bag in self.bags.items()}

    def outcome(self, name: str) -> Outcome:
        """What became of a bag up to now."""
        path = self.folder(name) / _OUTCOME_NAME
        nothing = Outcome(name=name, bag=str(self.bags[name]))
        try:
            outcome = Outcome(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return nothing
        return outcome if outcome.key == self.keys[name] else nothing

    def _key(self, bag: Path) -> str:
        try:
            recording = identity(bag)
        except OSError as error:  # its own process will say so
            recording = {"unreadable": str(error)}
        asked = [recording, self.options, self.model_key, __version__]
        return hashlib.sha256(json.dumps(asked).encode("utf-8", "backslashreplace")).hexdigest()[:16]


@dataclass(frozen=True)
class BagTask:
    """What a worker does: answer bag number n of a fleet, unless that is done.

    Attributes:
        fleet: the bags.
        parent_pid: process that this one must not outlive; None for none.
    """

    fleet: Fleet
    parent_pid: int | None = None

    def __call__(self, number: int) -> None:
        """Answer one bag; a bag that fails is noted, not raised: the others go on."""
        if self.parent_pid is not None and os.getpid() != self.parent_pid:
            from converseg_core.worker_processes import die_with_parent

            die_with_parent(self.parent_pid)
        name = self.fleet.names[number]
        if self.fleet.outcome(name).is_finished:
            return
        folder = self.fleet.folder(name)
        folder.mkdir(parents=True, exist_ok=True)
        # What an earlier run left must not pass for this one's.
        for stale in (_OUTCOME_NAME, _METRICS_NAME):
            (folder / stale).unlink(missing_ok=True)
        key = self.fleet.keys[name]
        start_s = time.monotonic()
        exit_code = self._run(name, folder)
        is_finished = exit_code == 0 or (exit_code == 1 and (folder / _METRICS_NAME).is_file())
        outcome = Outcome(
            name=name,
            bag=str(self.fleet.bags[name]),
            exit_code=exit_code,
            is_finished=is_finished,
            words="" if exit_code == 0 else _why(folder, exit_code),
            wall_s=round(time.monotonic() - start_s, 3),
            key=key,
        )
        write_json(folder / _OUTCOME_NAME, asdict(outcome))
        state = "done" if outcome.is_good else f"exit code {exit_code}: {outcome.words}"
        sys.stderr.write(f"converseg: {name}: {state}\n")

    def _run(self, name: str, folder: Path) -> int:
        tether = [sys.executable, "-m", "converseg_core.cli.demo.tether", str(os.getpid())]
        command = [
            *tether, "converseg_core.cli.main", "bag", str(self.fleet.bags[name]), "--out", str(folder),
            *self.fleet.options,
        ]  # fmt: skip
        with (folder / _LOG_NAME).open("wb") as log:
            # run() ends the child where it is interrupted itself.
            return subprocess.run(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL).returncode


def find_bags(paths: Iterable[Path]) -> dict[str, Path]:
    """Name -> bag, of bags and of folders that hold bags at any depth.

    A folder with ``metadata.yaml``, or below the given one with a storage file, is one bag; so is each
    ``.bag`` file, and each storage file that lies loose in a given folder.

    Raises:
        BagError: a path does not exist or holds no bag.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise BagError(path, "does not exist; give bags, or folders of bags")
        below = [path] if path.is_file() or (path / "metadata.yaml").is_file() else list(_below(path))
        if not below:
            raise BagError(path, "holds no bag: no metadata.yaml, no .mcap, .db3 or .bag file")
        found |= dict.fromkeys(bag.resolve() for bag in below)
    names: dict[str, Path] = {}
    stems = [bag.stem if bag.is_file() else bag.name for bag in found]
    for bag, stem in zip(found, stems, strict=True):
        # Two bags of one name: their folders' names would not do either, so a piece of the path's hash.
        tail = f"-{hashlib.sha256(str(bag).encode()).hexdigest()[:8]}" if stems.count(stem) > 1 else ""
        names[f"{stem}{tail}"] = bag
    return names


def unfinished(fleet: Fleet) -> list[int]:
    """Numbers of the bags that another run would answer."""
    return [number for number, name in enumerate(fleet.names) if not fleet.outcome(name).is_finished]


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)


def _below(folder: Path) -> Iterable[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.is_file():
            if entry.suffix in (*_STORAGE, ".bag"):
                yield entry
        elif entry.is_dir():
            inside = [item for item in entry.iterdir() if item.is_file()]
            if any(item.name == "metadata.yaml" or item.suffix in _STORAGE for item in inside):
                yield entry
            else:
                yield from _below(entry)


def _why(folder: Path, exit_code: int) -> str:
    if exit_code < 0:
        return f"its process was ended by signal {-exit_code}; the system's log may say why (memory?)"
    try:
        metrics = json.loads((folder / _METRICS_NAME).read_text(encoding="utf-8"))
        problems: list[str] = [*metrics["frames"]["problems"], *metrics["truth"]["problems"]]
    except (OSError, ValueError, KeyError):
        problems = []
    if problems:
        return problems[0][:300] + (f" (and {len(problems) - 1} more)" if len(problems) > 1 else "")
    lines = (folder / _LOG_NAME).read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1].removeprefix("converseg: ")[:300] if lines else "its log is empty"
