"""The learning rate as a function of the step."""

from __future__ import annotations

import math

from converseg_training.loop.config import Schedule


def learning_rate_at(step: int, schedule: Schedule) -> float:
    """Rate of optimiser step ``step`` (from 0): linear warm-up, then half a cosine to the minimum."""
    num_warmup = round(schedule.num_steps * schedule.warmup_share)
    if step < num_warmup:
        return schedule.learning_rate * (step + 1) / num_warmup
    progress = (step - num_warmup) / max(1, schedule.num_steps - num_warmup)
    low, high = schedule.min_learning_rate, schedule.learning_rate
    return low + (high - low) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
