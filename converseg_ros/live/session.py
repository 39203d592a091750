"""The order of a live measurement: warm up, search the highest rate, measure it, then fixed rates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from converseg_core.live.frames import Frames
from converseg_core.live.measures import Kind, Record, run_figures
from converseg_core.live.report import Input, Run, Search
from converseg_core.live.search import bisect
from converseg_core.live.settings import MAX_DROP_SHARE, LiveSettings
from converseg_ros.live.driver import LiveDriver

Emit = Callable[[Mapping[str, Any]], None]

COMMON_RATES_HZ = (10.0, 30.0, 60.0)
"""Fixed rates measured after a search, as far as the node sustains them."""
NEAR = 1.05
LOWERED = 0.95
MAX_LOWERED = 10
HOPELESS_DROP_SHARE = 0.5
"""A probe that drops more is not tried again."""


def measure(driver: LiveDriver, settings: LiveSettings, frames: Frames, emit: Emit) -> None:
    """Measure and emit each result as it comes.

    Raises:
        LiveFaultError: the node does not answer.
        CountError: the counts do not add up.
        ProcessGoneError: the node's process has ended.
    """
    driver.wait_until_active()
    driver.prime()
    emit({"event": "input", "input": _input(driver, settings, frames).model_dump()})
    session = _Session(driver, settings, emit)
    rates_hz = settings.rates_hz
    if not rates_hz:
        highest_hz = session.search()
        rates_hz = tuple(rate for rate in COMMON_RATES_HZ if highest_hz and rate <= NEAR * highest_hz)
    for rate_hz in rates_hz:
        session.run("fixed", rate_hz)


class _Session:
    def __init__(self, driver: LiveDriver, settings: LiveSettings, emit: Emit) -> None:
        self._driver = driver
        self._settings = settings
        self._emit = emit

    def run(self, kind: Kind, rate_hz: float) -> tuple[Run, Record]:
        num_frames = self._settings.num_frames(rate_hz)
        self._emit({"event": "begin", "kind": kind, "target_hz": rate_hz, "expected_s": num_frames / rate_hz})
        record = self._driver.run(rate_hz, num_frames)
        figures = run_figures(kind, [record])
        self._emit({"event": "run", "run": figures.model_dump()})
        return figures, record

    def search(self) -> float | None:
        """Find the highest rate and measure it; None where none is sustained."""
        settings = self._settings
        self.run("warm_up", (settings.low_hz * settings.high_hz) ** 0.5)
        bracket = bisect(
            self._is_sustained,
            low_hz=settings.low_hz,
            high_hz=settings.high_hz,
            precision=settings.precision,
        )
        highest_hz, num_lowered = bracket.sustained_hz, 0
        # One short probe may have been lucky. What is reported has been measured.
        while highest_hz is not None and not self._measure_highest(highest_hz):
            num_lowered += 1
            highest_hz *= LOWERED
            if highest_hz < settings.low_hz or num_lowered > MAX_LOWERED:
                highest_hz = None
        search = Search(
            low_hz=settings.low_hz,
            high_hz=settings.high_hz,
            precision=settings.precision,
            max_drop_share=MAX_DROP_SHARE,
            highest_hz=highest_hz,
            failed_hz=bracket.failed_hz,
            num_lowered=num_lowered,
        )
        self._emit({"event": "search", "search": search.model_dump()})
        return highest_hz

    def _is_sustained(self, rate_hz: float) -> bool:
        """Probe a rate; once more where a busy moment of the machine may be why it failed."""
        run, _ = self.run("probe", rate_hz)
        if run.is_sustained or run.frames.drop_share > HOPELESS_DROP_SHARE:
            return run.is_sustained
        return self.run("probe", rate_hz)[0].is_sustained

    def _measure_highest(self, rate_hz: float) -> bool:
        records, num_dropped = [], 0
        num_frames = self._settings.num_iterations * self._settings.num_frames(rate_hz)
        for _ in range(self._settings.num_iterations):
            figures, record = self.run("iteration", rate_hz)
            records.append(record)
            num_dropped += figures.frames.dropped.num
            if num_dropped >= MAX_DROP_SHARE * num_frames:  # nothing can mend that any more
                return False
        figures = run_figures("highest", records)
        if figures.is_sustained:
            self._emit({"event": "run", "run": figures.model_dump()})
        return figures.is_sustained


def _input(driver: LiveDriver, settings: LiveSettings, frames: Frames) -> Input:
    return Input(
        image_topic=settings.image_topic,
        image_type=frames.type_name,
        num_frames=len(frames.data),
        recorded_hz=frames.recorded_hz if frames.recorded_hz == frames.recorded_hz else None,
        frames_sha256=frames.sha256,
        prompts=list(settings.prompts),
        model_id=driver.model_id,
    )
