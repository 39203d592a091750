"""Precision and recall of the verifier, from rows that a person judged, with 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converseg_engine.vlm.reviewing.verdicts import Verdict, read_verdicts, verdicts_path
from converseg_engine.vlm.rows import Outcome, PromptRow, Row

_Z = 1.959964
_NUM_DRAWS = 20_000


@dataclass(frozen=True)
class Share:
    """A share with its interval; NaN where nothing is known."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        if math.isnan(self.value):
            return "unknown"
        return f"{100 * self.value:.1f} % [{100 * self.low:.1f}, {100 * self.high:.1f}]"


UNKNOWN = Share(math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Stratum:
    """Judged rows of one family and one verdict of the verifier.

    Attributes:
        num_rows: rows of the run.
        num_good, num_judged: of the sample.
    """

    num_rows: int
    num_good: int
    num_judged: int


@dataclass(frozen=True)
class Line:
    """Figures of one family, or of all."""

    concept: str
    num_judged: int
    precision: Share
    recall: Share


@dataclass(frozen=True)
class Figures:
    """The table."""

    num_judged: int
    num_unsure: int
    lines: tuple[Line, ...]


def wilson(num_good: int, num: int) -> Share:
    """A share with Wilson's score interval (1927), which holds for few rows and for shares near 0 and 1."""
    if num == 0:
        return UNKNOWN
    p = num_good / num
    middle = (p + _Z**2 / (2 * num)) / (1 + _Z**2 / num)
    half = _Z / (1 + _Z**2 / num) * math.sqrt(p * (1 - p) / num + _Z**2 / (4 * num**2))
    # At the ends the interval holds the share itself; rounding must not push it out.
    return Share(p, min(p, max(0.0, middle - half)), max(p, min(1.0, middle + half)))


def _draws(stratum: Stratum, rng: np.random.Generator) -> NDArray[np.float64]:
    """Shares of good rows that go with what was judged: Jeffreys' posterior."""
    bad = stratum.num_judged - stratum.num_good
    return rng.beta(stratum.num_good + 0.5, bad + 0.5, _NUM_DRAWS)


def precision_recall(strata: Sequence[tuple[Stratum, Stratum]]) -> tuple[Share, Share]:
    """Precision and recall over families, each with its accepted and its rejected rows.

    The sample holds as many rejected rows as accepted ones, the run does not: each stratum counts with the
    rows that it stands for. A stratum with rows and without a judged one leaves the share unknown.

    Args:
        strata: (accepted, rejected) of each family.
    """
    rng = np.random.default_rng(0)
    accepted_good, rejected_good = 0.0, 0.0
    accepted_draws = np.zeros(_NUM_DRAWS)
    rejected_draws = np.zeros(_NUM_DRAWS)
    num_accepted = sum(accepted.num_rows for accepted, _ in strata)
    precision_known = recall_known = True
    for accepted, rejected in strata:
        for stratum in (accepted, rejected):
            if stratum.num_rows and not stratum.num_judged:
                recall_known = False
                precision_known = precision_known and stratum is not accepted
        if accepted.num_judged:
            accepted_good += accepted.num_rows * accepted.num_good / accepted.num_judged
            accepted_draws += accepted.num_rows * _draws(accepted, rng)
        if rejected.num_judged:
            rejected_good += rejected.num_rows * rejected.num_good / rejected.num_judged
            rejected_draws += rejected.num_rows * _draws(rejected, rng)
    if not num_accepted or not precision_known:
        return UNKNOWN, UNKNOWN
    if len(strata) == 1:
        precision = wilson(strata[0][0].num_good, strata[0][0].num_judged)
    else:
        precision = _share(accepted_good / num_accepted, accepted_draws / num_accepted)
    total = accepted_good + rejected_good
    if not recall_known or total == 0:
        return precision, UNKNOWN
    return precision, _share(accepted_good / total, accepted_draws / (accepted_draws + rejected_draws))


def _share(value: float, draws: NDArray[np.float64]) -> Share:
    low, high = np.percentile(draws, (2.5, 97.5))
    return Share(value, min(value, float(low)), max(value, float(high)))


def figures_of(rows: Sequence[Row], verdicts: Mapping[str, Verdict]) -> Figures | None:
    """The table for a run; None where nobody has judged a row of it."""
    prompts = [row for row in rows if isinstance(row, PromptRow) and row.outcome is not Outcome.ERROR]
    said = {row.id: verdicts[row.id].verdict for row in prompts if row.id in verdicts}
    if not any(verdict != "unsure" for verdict in said.values()):
        return None
    strata = {
        concept: (
            _stratum(prompts, concept, Outcome.ACCEPT, said),
            _stratum(prompts, concept, Outcome.REJECT, said),
        )
        for concept in sorted({row.concept for row in prompts})
    }
    lines = [_line(concept, [pair]) for concept, pair in strata.items()]
    lines.append(_line("all", list(strata.values())))
    num_unsure = sum(verdict == "unsure" for verdict in said.values())
    return Figures(len(said), num_unsure, tuple(lines))


def _line(concept: str, strata: Sequence[tuple[Stratum, Stratum]]) -> Line:
    precision, recall = precision_recall(strata)
    return Line(concept, sum(s.num_judged for pair in strata for s in pair), precision, recall)


def _stratum(
    prompts: Sequence[PromptRow], concept: str, outcome: Outcome, said: Mapping[str, str]
) -> Stratum:
    mine = [row for row in prompts if row.concept == concept and row.outcome is outcome]
    verdicts = [said[row.id] for row in mine if said.get(row.id) in ("good", "bad")]
    return Stratum(len(mine), verdicts.count("good"), len(verdicts))


def read_figures(out: Path, rows: Sequence[Row]) -> Figures | None:
    """The table for a run, from the verdicts in its folder."""
    return figures_of(rows, read_verdicts(verdicts_path(out)))
