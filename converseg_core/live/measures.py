"""From what a driver saw to figures. Pure: times and counts in, a :class:`Run` out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from converseg_core.answer import Status
from converseg_core.live.process_meter import Usage
from converseg_core.live.report import Dropped, FrameCount, Jitter, Process, QuestionCount, Run, Spread
from converseg_core.live.settings import MAX_DROP_SHARE, MIN_PUBLISHED_SHARE

Kind = Literal["warm_up", "probe", "iteration", "highest", "fixed"]


class CountError(ValueError):
    """What driver and node have counted cannot both be right."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One answer as it arrived.

    Attributes:
        arrival_s: steady clock.
        stamp_ns: of the frame it is about; 0 for none.
        frame_age_s: as the node says; NaN without a frame.
    """

    arrival_s: float
    stamp_ns: int
    status: Status
    frame_age_s: float
    stages_s: dict[str, float]


@dataclass(kw_only=True)
class Record:
    """One run as driver and node saw it.

    Attributes:
        published_s: stamp of each frame -> when it was sent, steady clock, in order.
        late_s: how late each frame was sent.
        heard: answers to the questions of this run, in order of arrival.
        num_asked: questions sent.
        num_received: frames of this run that reached the node.
        num_replaced: frames of this run that a newer one replaced in the node's mailbox.
        load_1min: of the machine at the begin.
    """

    target_hz: float
    published_s: dict[int, float] = field(default_factory=dict)
    late_s: list[float] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    num_asked: int = 0
    num_received: int = 0
    num_replaced: int = 0
    load_1min: float = 0.0
    usage: Usage

    @property
    def published_hz(self) -> float:
        """Rate at which frames were sent."""
        times = list(self.published_s.values())
        return (len(times) - 1) / (times[-1] - times[0])

    def first_answers(self) -> dict[int, Heard]:
        """Stamp -> first answer that looked at this frame; frames of this run alone."""
        first: dict[int, Heard] = {}
        for each in self.heard:
            if each.status.is_answer and each.stamp_ns in self.published_s:
                first.setdefault(each.stamp_ns, each)
        return first


def run_figures(kind: Kind, records: Sequence[Record]) -> Run:
    """The figures of one run, or of several at the same rate put together.

    Raises:
        CountError: the counts of driver and node do not add up.
    """
    first = [record.first_answers() for record in records]
    latencies_s = [
        answer.arrival_s - record.published_s[stamp_ns]
        for record, answers in zip(records, first, strict=True)
        for stamp_ns, answer in answers.items()
    ]
    arrivals_s = [sorted(answer.arrival_s for answer in answers.values()) for answers in first]
    intervals_s = [np.diff(times) for times in arrivals_s]
    frames = _add_frames([_frame_count(record) for record in records])
    published_hz = float(np.mean([record.published_hz for record in records]))
    stages: dict[str, list[float]] = defaultdict(list)
    for answers in first:
        for answer in answers.values():
            for name, value in answer.stages_s.items():
                stages[name].append(value)
    spans_s = [times[-1] - times[0] for times in arrivals_s if len(times) > 1]
    span_s, num_gaps = sum(spans_s), sum(len(gaps) for gaps in intervals_s)
    target_hz = records[0].target_hz
    return Run(
        kind=kind,
        target_hz=target_hz,
        duration_s=sum(record.usage.wall_s for record in records),
        published_hz=published_hz,
        answered_hz=num_gaps / span_s if span_s else None,
        frames=frames,
        questions=_question_count(records),
        publish_late_s=_need(spread(late for record in records for late in record.late_s)),
        latency_s=spread(latencies_s),
        frame_age_s=spread(answer.frame_age_s for answers in first for answer in answers.values()),
        interval_s=spread(value for gaps in intervals_s for value in gaps),
        jitter_s=_jitter(np.concatenate([np.abs(np.diff(gaps)) for gaps in intervals_s])),
        stages_s={name: _need(spread(values)) for name, values in stages.items()},
        process=_process([record.usage for record in records]),
        load_1min=records[0].load_1min,
        is_sustained=frames.drop_share < MAX_DROP_SHARE and published_hz >= MIN_PUBLISHED_SHARE * target_hz,
    )


def spread(values: Iterable[float]) -> Spread | None:
    """Mean and percentiles, interpolated linearly; None without a value. NaN counts as no value."""
    array = np.asarray(list(values), np.float64)
    array = array[~np.isnan(array)]
    if array.size == 0:
        return None
    p50, p95, p99 = (float(value) for value in np.percentile(array, (50, 95, 99)))
    return Spread(
        num=int(array.size), mean=float(array.mean()), min=float(array.min()), p50=p50, p95=p95, p99=p99,
        max=float(array.max()),
    )  # fmt: skip


def _need(value: Spread | None) -> Spread:
    if value is None:
        raise ValueError("values: empty; a run sends frames")
    return value


def _jitter(changes_s: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Jitter | None:
    if changes_s.size == 0:
        return None
    return Jitter(
        num=int(changes_s.size), mean=float(changes_s.mean()), min=float(changes_s.min()),
        max=float(changes_s.max()), std=float(changes_s.std()),
    )  # fmt: skip


def _frame_count(record: Record) -> FrameCount:
    num_published = len(record.published_s)
    answered = set(record.first_answers())
    failed = {each.stamp_ns for each in record.heard if each.status is Status.ERROR}
    num_failed = len((failed & set(record.published_s)) - answered)
    num_lost = num_published - record.num_received
    num_unanswered = record.num_received - record.num_replaced - len(answered) - num_failed
    num_silent = record.num_asked - len(record.heard)
    # The node holds one frame at the end that nobody may have asked for; each answer that was lost on
    # its way hides one more. Anything else cannot be.
    if num_lost < 0 or not 0 <= num_unanswered <= 1 + num_silent:
        raise CountError(
            f"the counts do not add up at {record.target_hz:g} Hz: {num_published} frames published, "
            f"{record.num_received} received, {record.num_replaced} replaced, {len(answered)} answered, "
            f"{num_failed} failed, {num_silent} questions without an answer; please report this"
        )
    dropped = Dropped(
        in_transport=num_lost, in_mailbox=record.num_replaced, failed=num_failed, unanswered=num_unanswered
    )
    return FrameCount(
        num_published=num_published, num_answered=len(answered), num_received=record.num_received,
        dropped=dropped, drop_share=dropped.num / num_published,
    )  # fmt: skip


def _add_frames(counts: Sequence[FrameCount]) -> FrameCount:
    dropped = Dropped(
        in_transport=sum(each.dropped.in_transport for each in counts),
        in_mailbox=sum(each.dropped.in_mailbox for each in counts),
        failed=sum(each.dropped.failed for each in counts),
        unanswered=sum(each.dropped.unanswered for each in counts),
    )
    num_published = sum(each.num_published for each in counts)
    return FrameCount(
        num_published=num_published,
        num_answered=sum(each.num_answered for each in counts),
        num_received=sum(each.num_received for each in counts),
        dropped=dropped,
        drop_share=dropped.num / num_published,
    )


def _question_count(records: Sequence[Record]) -> QuestionCount:
    by_status = Counter(each.status.name for record in records for each in record.heard)
    num_asked = sum(record.num_asked for record in records)
    return QuestionCount(
        num_asked=num_asked, by_status=dict(sorted(by_status.items())),
        num_without_answer=num_asked - by_status.total(),
    )  # fmt: skip


def _process(usages: Sequence[Usage]) -> Process:
    memory = np.concatenate([usage.memory_bytes for usage in usages]) / 1e6
    return Process(
        cpu_percent=100 * sum(usage.cpu_s for usage in usages) / sum(usage.wall_s for usage in usages),
        memory_mean_mb=float(memory.mean()),
        memory_max_mb=float(memory.max()),
    )
