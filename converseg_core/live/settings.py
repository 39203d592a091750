"""What a live measurement is told to do: one object, handed from the command to the driver as JSON."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

MAX_DROP_SHARE = 0.05
"""A rate is sustained where fewer frames than this share are dropped."""

MIN_PUBLISHED_SHARE = 0.95
"""A run counts only where the frames were sent at no less than this share of the rate asked for."""

MIN_NUM_FRAMES = 21
"""Frames of the shortest run: with fewer, a single dropped frame would be 5 % or more."""


class LiveSettings(BaseModel):
    """One measurement.

    Attributes:
        bag: ROS 2 bag whose frames are sent.
        image_topic: topic of the bag with raw or compressed frames.
        prompts: asked in turn, one of each frame.
        rates_hz: fixed rates; empty: search the highest rate first.
        low_hz: lower end of the search.
        high_hz: upper end of the search.
        precision: the search ends where upper and lower bound differ by this share.
        duration_s: length of each run.
        num_iterations: runs at the rate that was found.
        max_frames: frames of the bag that are held in memory and sent again and again.
        timeout_s: longest wait for the node, and for an answer.
        node_pid: process of the node.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bag: Path
    image_topic: str
    prompts: tuple[str, ...] = Field(min_length=1)
    rates_hz: tuple[float, ...] = ()
    low_hz: float = Field(default=1.0, gt=0)
    high_hz: float = Field(default=100.0, gt=0, le=1000)
    precision: float = Field(default=0.05, gt=0, le=1)
    duration_s: float = Field(default=5.0, gt=0, le=3600)
    num_iterations: int = Field(default=3, ge=1, le=100)
    max_frames: int = Field(default=100, ge=1)
    timeout_s: float = Field(default=20.0, gt=0)
    node_pid: int = 0

    @model_validator(mode="after")
    def _check(self) -> LiveSettings:
        if any(not 0 < rate <= 1000 for rate in self.rates_hz):
            raise ValueError(f"rates_hz: {self.rates_hz}; give rates above 0 and up to 1000")
        if not self.rates_hz and self.low_hz >= self.high_hz:
            raise ValueError(f"low_hz: {self.low_hz:g} is not below high_hz {self.high_hz:g}")
        return self

    def num_frames(self, rate_hz: float) -> int:
        """Frames of a run at this rate."""
        return max(MIN_NUM_FRAMES, round(self.duration_s * rate_hz))
