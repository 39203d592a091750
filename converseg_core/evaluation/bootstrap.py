"""How sure the figures are: intervals by resampling images, and two models compared on the same images.

Questions about one image share its difficulty, so images are resampled, not questions (a cluster
bootstrap; Field and Welsh 2007).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converseg_core.evaluation.measure import Evaluation, Result
from converseg_core.evaluation.table import ALL, concepts_of
from converseg_core.evaluation.tally import FIGURES, Sums, contributions, figures

NUM_RESAMPLES = 2000
_CHUNK_CELLS = 1_000_000


@dataclass(frozen=True)
class Interval:
    """Percentile interval of a figure, 95 %; NaN where the figure has no value."""

    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """Figure of B minus figure of A on the same questions.

    Attributes:
        a: figure of model A; ``b``: of model B.
        delta: b - a.
        interval: 95 %, by images resampled for both together.
        share_above: share of the resamples in which B is above A, ties counted half.
    """

    a: float
    b: float
    delta: float
    interval: Interval
    share_above: float

    @property
    def is_clear(self) -> bool:
        """True where the interval leaves zero out."""
        return self.interval.low > 0 or self.interval.high < 0


def intervals(
    evaluation: Evaluation, *, num_resamples: int = NUM_RESAMPLES, seed: int = 0
) -> dict[str, dict[str, Interval]]:
    """Table row -> figure -> interval, for every row of the table."""
    named = _by_row(evaluation.results)
    images = _images(evaluation.results)
    sums = {name: _sum_by_image(results, images) for name, results in named.items()}
    resampled = _resample(sums, num_images=len(images), num_resamples=num_resamples, seed=seed)
    return {
        name: {figure: _interval(values[figure]) for figure in FIGURES} for name, values in resampled.items()
    }


def differences(
    a: Evaluation, b: Evaluation, *, num_resamples: int = NUM_RESAMPLES, seed: int = 0
) -> dict[str, dict[str, Difference]]:
    """Table row -> figure -> difference of two runs over the same questions, paired by image.

    Raises:
        ValueError: the runs hold different questions or truths.
    """
    if [_question(result) for result in a.results] != [_question(result) for result in b.results]:
        raise ValueError("the two runs answered different questions, or have different truths")
    images = _images(a.results)
    rows_a, rows_b = _by_row(a.results), _by_row(b.results)
    sums_a = {name: _sum_by_image(results, images) for name, results in rows_a.items()}
    sums_b = {name: _sum_by_image(results, images) for name, results in rows_b.items()}
    # The same seed draws the same images for both: that is what pairs them.
    options = {"num_images": len(images), "num_resamples": num_resamples, "seed": seed}
    drawn_a, drawn_b = _resample(sums_a, **options), _resample(sums_b, **options)
    table: dict[str, dict[str, Difference]] = {}
    for name in sums_a:
        whole_a, whole_b = (
            figures(contributions(table_of[name]).sum(axis=0)) for table_of in (rows_a, rows_b)
        )
        table[name] = {
            figure: _difference(
                float(whole_a[figure]), float(whole_b[figure]), drawn_b[name][figure] - drawn_a[name][figure]
            )
            for figure in FIGURES
        }
    return table


def _question(result: Result) -> tuple[object, ...]:
    row = result.sample
    return row.id, row.image, row.prompt, row.concept, row.truth


def _by_row(results: Sequence[Result]) -> dict[str, Sequence[Result]]:
    table: dict[str, Sequence[Result]] = {
        name: [result for result in results if result.sample.concept == name] for name in concepts_of(results)
    }
    return table | {ALL: results}


def _images(results: Sequence[Result]) -> dict[str, int]:
    names = sorted({result.sample.image for result in results})
    return {name: index for index, name in enumerate(names)}


def _sum_by_image(results: Sequence[Result], images: Mapping[str, int]) -> Sums:
    """(num_images, K); images without such a question add nothing."""
    added = contributions(results)
    sums = np.zeros((len(images), added.shape[1]))
    np.add.at(sums, [images[result.sample.image] for result in results], added)
    return sums


def _resample(
    sums: Mapping[str, Sums], *, num_images: int, num_resamples: int, seed: int
) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Row -> figure -> (num_resamples,) values, every row on the same drawn images."""
    parts: dict[str, list[Sums]] = {name: [] for name in sums}
    for weights in _weights(num_images, num_resamples, seed):
        for name, table in sums.items():
            parts[name].append(weights @ table)
    return {name: figures(np.concatenate(parts[name])) for name in sums}


def _weights(num_images: int, num_resamples: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """How often each image is drawn, (chunk, num_images), a bounded number of cells at a time."""
    rng = np.random.default_rng(seed)
    chunk = max(1, min(num_resamples, _CHUNK_CELLS // max(1, num_images)))
    for start in range(0, num_resamples, chunk):
        num = min(chunk, num_resamples - start)
        drawn = rng.integers(0, num_images, size=(num, num_images))
        offset = drawn + np.arange(num)[:, None] * num_images
        counts = np.bincount(offset.ravel(), minlength=num * num_images)
        yield counts.reshape(num, num_images).astype(np.float64)


def _interval(values: NDArray[np.float64]) -> Interval:
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return Interval(float("nan"), float("nan"))
    low, high = np.percentile(finite, [2.5, 97.5])
    return Interval(float(low), float(high))


def _difference(a: float, b: float, drawn: NDArray[np.float64]) -> Difference:
    finite = drawn[np.isfinite(drawn)]
    above = float(np.mean((finite > 0) + 0.5 * (finite == 0))) if finite.size else float("nan")
    return Difference(a=a, b=b, delta=b - a, interval=_interval(drawn), share_above=above)
