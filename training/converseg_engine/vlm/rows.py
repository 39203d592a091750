"""What a photo becomes: rows of four kinds, each with an outcome, a reason and where it came from."""

from __future__ import annotations

import enum
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from converseg_core.evaluation.rle import Rle


class Outcome(enum.StrEnum):
    """How a row ended. ERROR says that nobody judged it, and never counts as REJECT."""

    ACCEPT = "ACCEPT"
    REJECT = "REJECT"
    ERROR = "ERROR"


@dataclass(frozen=True, kw_only=True)
class CallRecord:
    """One reply of a model, with all that decided it.

    Attributes:
        stage: scene, region, prompts, align or absent.
        role: generator or verifier.
        model, revision: as configured.
        template: names and versions of the prompt texts.
        template_sha256: of the texts before anything was filled in.
        prompt_sha256: of the text that was sent.
        pictures_sha256: of the picture files that were sent, in order.
        temperature, top_p, seed, max_tokens: sampling.
        reply_key: the reply's key in the cache.
        attempt: 1, or 2 where the first reply was unusable.
        raw_reply: the reply's text, untouched.
        fault: why the reply is unusable; "" for a good one.
        num_prompt_tokens, num_reply_tokens: as the server counted.
        cost_usd: at the configured prices.
    """

    stage: str
    role: str
    model: str
    revision: str
    template: str
    template_sha256: str
    prompt_sha256: str
    pictures_sha256: tuple[str, ...]
    temperature: float
    top_p: float
    seed: int
    max_tokens: int
    reply_key: str
    attempt: int
    raw_reply: str
    fault: str
    num_prompt_tokens: int
    num_reply_tokens: int
    cost_usd: float


@dataclass(frozen=True, kw_only=True)
class _Base:
    """What every row says.

    Attributes:
        id: unique in a run, and the same in every run over the same photo.
        parents: ids of the rows that it was made from.
        photo: id of the photo.
        photo_sha256: of the photo's file.
        licence: of the photo.
        outcome, reason: how it ended, and why.
        calls: the replies that made it.
    """

    id: str
    parents: tuple[str, ...]
    photo: str
    photo_sha256: str
    licence: str
    outcome: Outcome
    reason: str
    calls: tuple[CallRecord, ...]


@dataclass(frozen=True, kw_only=True)
class PhotoRow(_Base):
    """A photo after the first stage: what the generator saw in it."""

    height: int
    width: int
    num_regions: int
    kind: Literal["photo"] = "photo"


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One mask for a region, and what the verifier said of it.

    Attributes:
        source: initial (detector and segmenter) or refined (best match in the pool of masks).
        finder: what made it.
        score: the detector's own.
        rle: counts of its COCO run lengths.
        area_px: pixels.
        outcome, reason: after verification.
        failed: the checks that were answered with no.
    """

    source: str
    finder: str
    score: float
    rle: str
    area_px: int
    outcome: Outcome
    reason: str
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RegionRow(_Base):
    """A region: the generator's words, the masks, and which mask stands.

    Attributes:
        number: position in the generator's list, from 1.
        mark: its number on the marked picture; 0 where it is not accepted.
        box: (left, top, right, bottom), thousandths of the picture, as the generator said.
        chosen: source of the mask that stands; "" for none.
    """

    number: int
    label: str
    attributes: tuple[str, ...]
    location: str
    relation: str
    box: tuple[int, int, int, int]
    candidates: tuple[Candidate, ...]
    chosen: str
    mark: int
    height: int
    width: int
    kind: Literal["region"] = "region"

    def mask(self) -> Rle:
        """The mask that stands.

        Raises:
            ValueError: none does.
        """
        for candidate in self.candidates:
            if candidate.source == self.chosen:
                return Rle(size_hw=(self.height, self.width), counts=candidate.rle.encode("ascii"))
        raise ValueError(f"chosen: region {self.id} has no accepted mask")


@dataclass(frozen=True, kw_only=True)
class FamilyRow(_Base):
    """One concept family asked about one photo."""

    concept: str
    num_prompts: int
    kind: Literal["family"] = "family"


@dataclass(frozen=True, kw_only=True)
class PromptRow(_Base):
    """A prompt with its mask: what the data set is made of.

    Attributes:
        regions: marks of the regions that satisfy it; none where nothing does.
        rle: counts of the union of their masks; of an empty mask where nothing fits.
        why: the generator's own reason.
        failed: the verifier's checks that were answered with no.
    """

    concept: str
    prompt: str
    no_target: bool
    regions: tuple[int, ...]
    rle: str
    why: str
    failed: tuple[str, ...]
    height: int
    width: int
    kind: Literal["prompt"] = "prompt"

    def mask(self) -> Rle:
        """The answer's mask."""
        return Rle(size_hw=(self.height, self.width), counts=self.rle.encode("ascii"))


Row = PhotoRow | RegionRow | FamilyRow | PromptRow
_READER: TypeAdapter[Row] = TypeAdapter(Annotated[Row, Field(discriminator="kind")])


def to_line(row: Row) -> str:
    """A row as one line of JSON; the same row gives the same text."""
    return json.dumps(asdict(row), ensure_ascii=False, separators=(",", ":"))


def read_rows(path: Path) -> list[Row]:
    """All rows of a file that :func:`to_line` wrote.

    Raises:
        ValueError: a line is no row; names file and line.
    """
    rows: list[Row] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            rows.append(_READER.validate_json(line))
        except ValidationError as error:
            raise ValueError(f"rows: {path}:{number} is no row of this version: {error}") from error
    return rows


def count_outcomes(rows: Sequence[Row]) -> dict[str, dict[str, int]]:
    """Rows by kind and outcome."""
    counts = {kind: dict.fromkeys(Outcome, 0) for kind in ("photo", "region", "family", "prompt")}
    for row in rows:
        counts[row.kind][row.outcome] += 1
    return {kind: {str(k): v for k, v in by.items()} for kind, by in counts.items()}
