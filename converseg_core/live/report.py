"""The figures of a live measurement as they are written: every number with its unit in its name."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Spread(_Part):
    """How a quantity was spread; the unit stands in the name of the field that holds it."""

    num: int
    mean: float
    min: float
    p50: float
    p95: float
    p99: float
    max: float


class Jitter(_Part):
    """Absolute differences of successive intervals between answers, seconds."""

    num: int
    mean: float
    min: float
    max: float
    std: float


class Dropped(_Part):
    """Published frames without an answer, by what became of them.

    Attributes:
        in_transport: never reached the node.
        in_mailbox: a newer frame took their place before the model came to them.
        failed: the model's answer was an error.
        unanswered: reached the node, and neither was replaced nor answered: the last frame where its
            question was answered on the one before, and frames whose answer was lost on its way.
    """

    in_transport: int
    in_mailbox: int
    failed: int
    unanswered: int

    @property
    def num(self) -> int:
        """All of them."""
        return self.in_transport + self.in_mailbox + self.failed + self.unanswered


class FrameCount(_Part):
    """What became of the frames of a run: published = answered + dropped."""

    num_published: int
    num_answered: int
    num_received: int
    dropped: Dropped
    drop_share: float

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.num_published != self.num_answered + self.dropped.num:
            raise ValueError(
                f"num_published: {self.num_published} is not {self.num_answered} answered + "
                f"{self.dropped.num} dropped"
            )
        return self


class QuestionCount(_Part):
    """What became of the questions of a run: asked = answered by status + without an answer."""

    num_asked: int
    by_status: dict[str, int]
    num_without_answer: int

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.num_asked != sum(self.by_status.values()) + self.num_without_answer:
            raise ValueError(
                f"num_asked: {self.num_asked} is not {self.by_status} + {self.num_without_answer}"
            )
        return self


class Process(_Part):
    """What the node's process used."""

    cpu_percent: float
    memory_mean_mb: float
    memory_max_mb: float


class Run(_Part):
    """One run at one rate, or several that were put together.

    Attributes:
        kind: ``warm_up`` and ``probe`` belong to the search; ``iteration`` is one run at the highest rate,
            ``highest`` all of them together; ``fixed`` is at a rate that was asked for.
        target_hz: rate asked for.
        published_hz: rate at which frames were sent.
        publish_late_s: how late frames were sent.
        answered_hz: rate at which answered frames came back.
        latency_s: from the publication of a frame to its answer's arrival.
        frame_age_s: age of the frame when the model started on it.
        interval_s: between answered frames.
        stages_s: time spent in each stage, as the answers say.
        load_1min: of the machine, when the run began.
        is_sustained: fewer than 5 % of the frames were dropped, and they were sent in time.
    """

    kind: Literal["warm_up", "probe", "iteration", "highest", "fixed"]
    target_hz: float
    duration_s: float
    published_hz: float
    answered_hz: float | None
    frames: FrameCount
    questions: QuestionCount
    publish_late_s: Spread
    latency_s: Spread | None
    frame_age_s: Spread | None
    interval_s: Spread | None
    jitter_s: Jitter | None
    stages_s: dict[str, Spread]
    process: Process
    load_1min: float
    is_sustained: bool


class Input(_Part):
    """The frames and words that were sent.

    Attributes:
        recorded_hz: their rate in the bag; None for a single frame.
        frames_sha256: of the encoded frames, in order.
    """

    image_topic: str
    image_type: str
    num_frames: int
    recorded_hz: float | None
    frames_sha256: str
    prompts: list[str]
    model_id: str


class Search(_Part):
    """The search of the highest rate with less than 5 % dropped frames.

    Attributes:
        highest_hz: None where no rate down to ``low_hz`` was sustained.
        failed_hz: lowest rate that failed in the search; None where none did up to ``high_hz``.
        num_lowered: how often the rate had to be lowered by 5 % until the measurement confirmed it.
    """

    low_hz: float
    high_hz: float
    precision: float
    max_drop_share: float
    highest_hz: float | None
    failed_hz: float | None
    num_lowered: int


class File(_Part):
    """One file of the bag."""

    name: str
    size_bytes: int
    sha256: str


class LiveReport(_Part):
    """The whole measurement.

    Attributes:
        made: begin, ISO 8601, UTC.
        machine: processor, cores, memory, versions, load at the begin.
        load_after: load of the machine at the end, 1 and 5 minutes.
        search: None where only fixed rates were asked for.
    """

    schema_name: Literal["converseg-live/1"] = "converseg-live/1"
    software: str
    made: str
    machine: dict[str, str]
    load_after: tuple[float, float]
    bag: str
    files: list[File]
    model: str
    node_parameters: dict[str, str]
    input: Input
    search: Search | None
    runs: list[Run]

    @property
    def results(self) -> list[Run]:
        """The runs that count: the highest rate and the fixed ones."""
        return [run for run in self.runs if run.kind in ("highest", "fixed")]
