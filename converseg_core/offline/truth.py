"""Truth for recorded frames: from a topic or a folder, by exact stamp first, then by tolerance."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from converseg_core.answer import Status
from converseg_core.bags import BagError
from converseg_core.evaluation.dataset import DatasetError, read_mask
from converseg_core.evaluation.prediction import Prediction
from converseg_core.evaluation.rle import Rle, encode
from converseg_core.images import ImageError, to_mono
from converseg_core.offline.cameras import RAW
from converseg_core.offline.source import SEGMENTATION, Message, stamp_ns, stream

WINDOW_NS = 5 * 10**9
"""How far apart a frame and its truth may have been recorded; what bounds memory."""

_STAMPED = re.compile(r"^(?:(?P<ns>\d{10,})|(?P<sec>\d+)[._](?P<nanosec>\d{9}))$")


@dataclass(frozen=True)
class TrueMask:
    """One true mask: for a stamp, and for a prompt where it says one."""

    stamp_ns: int
    time_ns: int
    prompt: str | None
    concept: str
    mask: Rle


@dataclass
class Pairing:
    """How the truth was found, and what was wrong with it.

    Attributes:
        num_exact: answers whose truth has their frame's very stamp.
        num_near: answers whose truth has another stamp, within the tolerance.
        num_without: answers without a truth.
        problems: what could not be used, in words.
    """

    num_exact: int = 0
    num_near: int = 0
    num_without: int = 0
    problems: list[str] = field(default_factory=list)

    def count(self, offset_ns: int | None) -> None:
        """Note one answer's truth, by the distance of its stamp."""
        if offset_ns is None:
            self.num_without += 1
        elif offset_ns == 0:
            self.num_exact += 1
        else:
            self.num_near += 1


def with_truth_topic(
    rows: Iterator[Prediction], bag: Path, topic: str, *, tolerance_ns: int, pairing: Pairing
) -> Iterator[Prediction]:
    """Rows with their truth from a Segmentation or mono8 Image topic; only a window of it in memory.

    A Segmentation speaks for its own prompt, a plain mask for every prompt.
    """
    truths = _read_topic(bag, topic, pairing)
    window: dict[int, list[TrueMask]] = {}
    is_open = True
    for row in rows:
        time_ns = row.time_ns if row.time_ns is not None else 0
        while is_open and (not window or _latest(window) <= time_ns + WINDOW_NS):
            truth = next(truths, None)
            if truth is None:
                is_open = False
            else:
                window.setdefault(truth.stamp_ns, []).append(truth)
        for stamp in [s for s, found in window.items() if found[-1].time_ns < time_ns - WINDOW_NS]:
            del window[stamp]
        yield _paired(row, _nearest(row, window, tolerance_ns), pairing)


def with_truth_folder(
    rows: Iterator[Prediction], folder: Path, *, tolerance_ns: int, pairing: Pairing
) -> Iterator[Prediction]:
    """Rows with their truth from mask pictures named ``<nanoseconds>.png`` or ``<sec>.<nanosec>.png``.

    Raises:
        DatasetError: the folder holds no such picture.
    """
    files = _stamped_files(folder)
    for row in rows:
        stamp = None if row.stamp_ns is None else _closest(row.stamp_ns, files, tolerance_ns)
        if stamp is None:
            yield _paired(row, None, pairing)
            continue
        try:
            mask = encode(read_mask(files[stamp]))
        except DatasetError as error:
            pairing.problems.append(str(error))
            yield _paired(row, None, pairing)
            continue
        truth = TrueMask(stamp_ns=stamp, time_ns=0, prompt=None, concept="", mask=mask)
        yield _paired(row, truth, pairing)


def _latest(window: dict[int, list[TrueMask]]) -> int:
    return window[next(reversed(window))][-1].time_ns


def _paired(row: Prediction, truth: TrueMask | None, pairing: Pairing) -> Prediction:
    if truth is not None and truth.mask.size_hw != (row.height, row.width):
        if row.status is not Status.ERROR:
            pairing.problems.append(
                f"truth at stamp {truth.stamp_ns} is {truth.mask.size_hw}, its frame "
                f"{(row.height, row.width)}"
            )
        truth = None
    if truth is None or row.stamp_ns is None:
        pairing.count(None)
        return row
    offset_ns = truth.stamp_ns - row.stamp_ns
    pairing.count(offset_ns)
    return replace(row, truth=truth.mask, truth_offset_ns=offset_ns, concept=truth.concept or row.concept)


def _nearest(row: Prediction, window: Mapping[int, list[TrueMask]], tolerance_ns: int) -> TrueMask | None:
    if row.stamp_ns is None:
        return None
    stamps = [stamp for stamp, found in window.items() if _for_prompt(found, row.prompt) is not None]
    stamp = _closest(row.stamp_ns, dict.fromkeys(stamps), tolerance_ns)
    return None if stamp is None else _for_prompt(window[stamp], row.prompt)


def _for_prompt(found: list[TrueMask], prompt: str) -> TrueMask | None:
    return next((truth for truth in found if truth.prompt is None or truth.prompt.strip() == prompt), None)


def _closest(wanted_ns: int, stamps: Mapping[int, object], tolerance_ns: int) -> int | None:
    if wanted_ns in stamps:
        return wanted_ns
    near = [stamp for stamp in stamps if abs(stamp - wanted_ns) <= tolerance_ns]
    return min(near, key=lambda stamp: (abs(stamp - wanted_ns), stamp), default=None)


def _read_topic(bag: Path, topic: str, pairing: Pairing) -> Iterator[TrueMask]:
    try:
        for message in stream(bag, [topic]):
            truth = _true_mask(message, pairing)
            if truth is not None:
                yield truth
    except BagError as error:
        pairing.problems.append(f"truth: {error}")


def _true_mask(message: Message, pairing: Pairing) -> TrueMask | None:
    content = message.message
    stamp = stamp_ns(content)
    try:
        if message.type_name == RAW:
            mask = to_mono(content) > 127
            return TrueMask(stamp, message.time_ns, None, "", encode(mask))
        if message.type_name == SEGMENTATION:
            if content.status not in (Status.OK, Status.NO_TARGET):
                return None
            mask = to_mono(content.mask) > 127
            return TrueMask(stamp, message.time_ns, content.prompt, content.concept, encode(mask))
    except ImageError as error:
        pairing.problems.append(f"truth at stamp {stamp}: {error}")
        return None
    pairing.problems.append(
        f"{message.topic}: {message.type_name} is no truth; give Segmentation or mono8 Image"
    )
    return None


def _stamped_files(folder: Path) -> dict[int, Path]:
    files: dict[int, Path] = {}
    for path in sorted(folder.glob("*.png")):
        match = _STAMPED.match(path.stem)
        if match:
            whole = match["ns"]
            files[int(whole) if whole else int(match["sec"]) * 10**9 + int(match["nanosec"])] = path
    if not files:
        raise DatasetError(
            f"{folder}: holds no mask named by its stamp; name them SEC.NANOSEC.png "
            "(nine digits) or NANOSECONDS.png"
        )
    return files
