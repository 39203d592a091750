"""What a run would cost, before anything is asked: calls, tokens, money and time, stage by stage."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from converseg_engine.vlm.ask import STAGES
from converseg_engine.vlm.endpoint import Endpoint
from converseg_engine.vlm.job import Job, Planned
from converseg_engine.vlm.prompt_texts import source_text
from converseg_engine.vlm.settings import Settings

PIXELS_PER_TOKEN = 28 * 28
"""Of Qwen2.5-VL: one token for each square of 28 pixels. Other models differ, by up to two times."""
CHARS_PER_TOKEN = 4


@dataclass(frozen=True, kw_only=True)
class Assumed:
    """What a photo gives; measure it on a few hundred photos (``converseg engine vlm stats``) and replace.

    Attributes:
        regions: described in a photo.
        candidates: masks to verify for each region; above 1 where masks are refined.
        positives, negatives: prompts in each family.
        reply_tokens: by stage.
        region_chars: of a region's words in a prompt.
        latency_s: of a call.
    """

    regions: float = 6.0
    candidates: float = 1.6
    positives: float = 2.5
    negatives: float = 1.0
    region_chars: int = 240
    latency_s: float = 5.0
    reply_tokens: Mapping[str, int] | None = None


_REPLY_TOKENS = {"scene": 550, "region": 60, "prompts": 320, "align": 55, "absent": 45}
_NUM_PICTURES = {"scene": 1, "region": 2, "prompts": 2, "align": 2, "absent": 1}


@dataclass(frozen=True)
class StageCost:
    """What a stage takes, computed and not measured."""

    stage: str
    role: str
    num_calls: int
    num_prompt_tokens: int
    num_reply_tokens: int
    cost_usd: float
    duration_s: float


def calls_per_photo(settings: Settings, assumed: Assumed) -> dict[str, float]:
    """Calls for one photo by stage."""
    families = len(settings.concepts)
    return {
        "scene": 1.0,
        "region": assumed.regions * assumed.candidates,
        "prompts": float(families),
        "align": families * assumed.positives,
        "absent": families * assumed.negatives,
    }


def picture_tokens(height: int, width: int, max_side: int) -> int:
    """Tokens of a picture as models are shown it."""
    scale = min(1.0, max_side / max(height, width))
    return max(1, round(height * scale * width * scale / PIXELS_PER_TOKEN))


def estimate(
    job: Job, planned: Sequence[Planned], *, assumed: Assumed | None = None, num_workers: int = 1
) -> list[StageCost]:
    """What the photos would cost, none of them asked about yet."""
    assumed = assumed or Assumed()
    settings = job.settings
    sizes = [picture_tokens(p.photo.height, p.photo.width, settings.max_side) for p in planned]
    per_photo = calls_per_photo(settings, assumed)
    reply_tokens = {**_REPLY_TOKENS, **(assumed.reply_tokens or {})}
    costs = []
    for stage in STAGES:
        endpoint = settings.generator if stage in ("scene", "prompts") else settings.verifier
        num_calls = math.ceil(per_photo[stage] * len(planned))
        text_tokens = _text_chars(stage, assumed) / CHARS_PER_TOKEN
        num_prompt = round(
            per_photo[stage] * (_NUM_PICTURES[stage] * sum(sizes) + len(planned) * text_tokens)
        )
        num_reply = num_calls * reply_tokens[stage]
        costs.append(
            StageCost(
                stage,
                "generator" if endpoint is settings.generator else "verifier",
                num_calls,
                num_prompt,
                num_reply,
                endpoint.cost_usd(num_prompt, num_reply),
                _duration_s(endpoint, num_calls, assumed.latency_s, num_workers),
            )
        )
    return costs


def _text_chars(stage: str, assumed: Assumed) -> float:
    base = len(source_text(stage))
    if stage == "prompts":
        return base + len(source_text("family-physics")) + assumed.regions * assumed.region_chars
    return base + (assumed.region_chars if stage == "region" else 60)


def _duration_s(endpoint: Endpoint, num_calls: int, latency_s: float, num_workers: int) -> float:
    """By the calls in flight and by the calls a minute, whichever takes longer."""
    by_latency = num_calls * latency_s / (endpoint.max_in_flight * num_workers)
    by_pace = 60 * num_calls / endpoint.max_calls_per_minute if endpoint.max_calls_per_minute else 0.0
    return max(by_latency, by_pace)


def as_table(costs: Sequence[StageCost], num_photos: int) -> str:
    """Markdown, with the totals."""
    lines = [
        f"Computed for {num_photos} photos; nothing was asked.",
        "",
        "| stage | model | calls | prompt tokens | reply tokens | USD | hours |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for cost in (*costs, _total(costs)):
        lines.append(
            f"| {cost.stage} | {cost.role} | {cost.num_calls:,} | {cost.num_prompt_tokens:,} |"
            f" {cost.num_reply_tokens:,} | {cost.cost_usd:,.2f} | {cost.duration_s / 3600:,.1f} |"
        )
    return "\n".join(lines)


def _total(costs: Sequence[StageCost]) -> StageCost:
    return StageCost(
        "all",
        "",
        sum(cost.num_calls for cost in costs),
        sum(cost.num_prompt_tokens for cost in costs),
        sum(cost.num_reply_tokens for cost in costs),
        sum(cost.cost_usd for cost in costs),
        sum(cost.duration_s for cost in costs),
    )
