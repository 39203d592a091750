"""The page of ``converseg demo``."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from jinja2 import Environment, PackageLoader, StrictUndefined


@dataclass(frozen=True, kw_only=True)
class QuestionCard:
    """One question, its answer and the truth.

    Attributes:
        state: found, nothing or failed; decides the colour.
        answer_jpeg: the frame with the answer drawn on it; None where there was no frame.
        truth_jpeg: the same frame with the true mask; None where the truth is unknown.
        stages_s: seconds by stage, in order; together the latency.
    """

    index: int
    prompt: str
    concept: str
    state: str
    status: str
    status_text: str
    confidence: float | None
    iou: float | None
    latency_s: float | None
    answer_jpeg: bytes | None
    truth_jpeg: bytes | None
    truth_status: str | None
    stages_s: Mapping[str, float] = field(default_factory=dict)

    @property
    def answer_uri(self) -> str:
        """The picture as it stands in the page."""
        return _data_uri("image/jpeg", self.answer_jpeg)

    @property
    def truth_uri(self) -> str:
        """The picture as it stands in the page."""
        return _data_uri("image/jpeg", self.truth_jpeg)

    @property
    def bars(self) -> list[tuple[str, float, float]]:
        """Stage, milliseconds, share of the whole in percent."""
        total = sum(self.stages_s.values())
        return [
            (name, 1e3 * seconds, 100 * seconds / total if total > 0 else 0.0)
            for name, seconds in self.stages_s.items()
        ]


@dataclass(frozen=True, kw_only=True)
class DemoPage:
    """Everything on the page. ``facts`` are groups of name -> value; ``notes`` are said at the top."""

    title: str
    made: str
    cards: Sequence[QuestionCard]
    animation_webp: bytes | None
    facts: Mapping[str, Mapping[str, str]]
    notes: Sequence[str] = ()

    @property
    def animation_uri(self) -> str:
        """The moving picture as it stands in the page."""
        return _data_uri("image/webp", self.animation_webp)

    @property
    def num_answered(self) -> int:
        """Questions that the model decided."""
        return sum(card.state != "failed" for card in self.cards)

    @property
    def mean_iou(self) -> float | None:
        """Over the questions whose truth is known; a question without an answer counts as 0."""
        scores = [
            card.iou if card.iou is not None else 0.0
            for card in self.cards
            if card.iou is not None or card.state == "failed"
        ]
        return sum(scores) / len(scores) if scores else None

    @property
    def median_latency_s(self) -> float | None:
        """Of the questions that the model decided; a quick refusal is no quick answer."""
        known = [
            card.latency_s for card in self.cards if card.latency_s is not None and card.state != "failed"
        ]
        return median(known) if known else None


def render_demo_page(page: DemoPage) -> str:
    """The page as one HTML file that needs nothing else, not even a network."""
    environment = Environment(
        loader=PackageLoader("converseg_core.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["ms"] = lambda seconds: f"{1e3 * seconds:.0f} ms"
    return environment.get_template("demo.html.j2").render(page=page)


def _data_uri(kind: str, content: bytes | None) -> str:
    return "" if content is None else f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
