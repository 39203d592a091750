"""What is wrong with a data set in the ConverSeg layout, each fault by its line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from converseg_core.evaluation.dataset import CONCEPTS, DatasetError, Row, parse_row, split_files
from converseg_core.model import MAX_PROMPT_CHARS


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        place: file and line.
        kind: ``row``, ``id``, ``question``, ``concept``, ``prompt``, ``image``, ``mask``, ``size``,
            ``values``, ``no_target`` or ``split``.
        text: what is wrong, and what to do.
    """

    place: str
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.kind}: {self.text}"


@dataclass(frozen=True)
class _ImageFacts:
    size_hw: tuple[int, int]
    sha256: str


def find_faults(folder: Path) -> Iterator[Fault]:
    """Every fault of every split, in the order of the files; one image in memory at a time.

    Raises:
        DatasetError: there is no data set.
    """
    check = _Check(folder)
    for path in split_files(folder):
        yield from check.split(path)


class _Check:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._ids: dict[str, str] = {}
        self._questions: dict[tuple[str, str], str] = {}
        self._images: dict[str, _ImageFacts | str] = {}
        self._first_use: dict[str, tuple[str, str]] = {}

    def split(self, path: Path) -> Iterator[Fault]:
        num_rows = 0
        with path.open("rb") as lines:
            for number, raw in enumerate(lines, start=1):
                if raw.strip():
                    num_rows += 1
                    yield from self._line(raw, f"{path}:{number}", path.stem)
        if num_rows == 0:
            yield Fault(f"{path}:1", "row", "the split is empty; fill it or remove the file")

    def _line(self, raw: bytes, place: str, split: str) -> Iterator[Fault]:
        try:
            row = parse_row(raw.decode("utf-8"), place)
        except DatasetError as error:
            yield Fault(place, "row", str(error).removeprefix(f"{place}: "))
            return
        except UnicodeDecodeError as error:
            yield Fault(place, "row", f"not UTF-8 ({error.reason}); save the file as UTF-8")
            return
        yield from self._words(row, place)
        image = self._image(row.image)
        if isinstance(image, str):
            yield Fault(place, "image", image)
            yield from self._mask(row, None, place)
            return
        yield from self._leak(row, image, place, split)
        yield from self._mask(row, image.size_hw, place)

    def _words(self, row: Row, place: str) -> Iterator[Fault]:
        if (first := self._ids.setdefault(row.id, place)) != place:
            yield Fault(place, "id", f"{row.id!r} stands at {first} already; make the ids unique")
        question = (row.image, " ".join(row.prompt.casefold().split()))
        if (first := self._questions.setdefault(question, place)) != place:
            yield Fault(place, "question", f"the same words about the same image as at {first}; remove one")
        if row.concept not in CONCEPTS:
            yield Fault(place, "concept", f"{row.concept!r} is none of {', '.join(CONCEPTS)}")
        if not row.prompt.strip():
            yield Fault(place, "prompt", "no words; say what to look for")
        elif len(row.prompt) > MAX_PROMPT_CHARS:
            yield Fault(
                place, "prompt", f"{len(row.prompt)} characters; models read at most {MAX_PROMPT_CHARS}"
            )

    def _leak(self, row: Row, image: _ImageFacts, place: str, split: str) -> Iterator[Fault]:
        first_split, first_place = self._first_use.setdefault(image.sha256, (split, place))
        if first_split != split:
            yield Fault(
                place,
                "split",
                f"image {row.image} is in split {first_split!r} too ({first_place}); keep it in one",
            )

    def _mask(self, row: Row, size_hw: tuple[int, int] | None, place: str) -> Iterator[Fault]:
        path, fault = self._inside(row.mask)
        if path is None:
            yield Fault(place, "mask", fault)
            return
        try:
            with Image.open(path) as picture:
                mode = picture.mode
                values = np.asarray(picture if mode in ("L", "1") else picture.convert("L"))
        except (OSError, UnidentifiedImageError, ValueError, SyntaxError) as error:
            yield Fault(place, "mask", f"{row.mask} cannot be read ({error})")
            return
        if mode == "1":
            values = values.astype(np.uint8) * np.uint8(255)
        elif mode != "L":
            yield Fault(place, "values", f"{row.mask} is of mode {mode}; save it as 8-bit grey")
        if size_hw is not None and values.shape != size_hw:
            yield Fault(
                place, "size",
                f"{row.mask} is {values.shape[1]}x{values.shape[0]}, its image {size_hw[1]}x{size_hw[0]}",
            )  # fmt: skip
        odd = np.setdiff1d(np.unique(values), [0, 255])
        if odd.size:
            shown = ", ".join(str(value) for value in odd[:5])
            yield Fault(place, "values", f"{row.mask} holds {shown} beside 0 and 255; make it binary")
        if row.no_target == bool((values > 127).any()):
            marked = "no_target is set, but the mask holds pixels" if row.no_target else (
                "the mask is empty, but no_target is not set"
            )  # fmt: skip
            yield Fault(place, "no_target", f"{marked} ({row.mask})")

    def _image(self, name: str) -> _ImageFacts | str:
        if name not in self._images:
            self._images[name] = self._look_at(name)
        return self._images[name]

    def _look_at(self, name: str) -> _ImageFacts | str:
        path, fault = self._inside(name)
        if path is None:
            return fault
        try:
            with Image.open(path) as picture:
                picture.load()  # the header alone says nothing about a cut-off file
                size_hw = (picture.height, picture.width)
            with path.open("rb") as stream:
                return _ImageFacts(size_hw, hashlib.file_digest(stream, "sha256").hexdigest())
        except (OSError, UnidentifiedImageError, ValueError, SyntaxError) as error:
            return f"{name} cannot be read ({error})"

    def _inside(self, name: str) -> tuple[Path | None, str]:
        """The file, or None and what is wrong with its path."""
        path = self._root / name
        if Path(name).is_absolute() or not path.resolve().is_relative_to(self._root.resolve()):
            return None, f"{name} lies outside the data set; give a path relative to its folder"
        if not path.is_file():
            return None, f"{name} is missing"
        return path, ""
