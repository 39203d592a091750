"""How often the scripted model errs, and how often its server fails."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class ErrorRates:
    """Shares of wrong answers, each in [0, 1].

    Attributes:
        omit: things that the generator does not mention.
        mislabel: regions that it gives another thing's name.
        wrong_regions: positive prompts that it gives to other regions than the true ones.
        wrong_negative: negative prompts that something in the picture satisfies.
        region_false_accept, region_false_reject: verdicts on regions.
        align_false_accept, align_false_reject: verdicts on prompts with a mask.
        absent_false_accept, absent_false_reject: verdicts on prompts that nothing shall satisfy.
    """

    omit: float = 0.0
    mislabel: float = 0.0
    wrong_regions: float = 0.0
    wrong_negative: float = 0.0
    region_false_accept: float = 0.0
    region_false_reject: float = 0.0
    align_false_accept: float = 0.0
    align_false_reject: float = 0.0
    absent_false_accept: float = 0.0
    absent_false_reject: float = 0.0


@dataclass(frozen=True, kw_only=True)
class FaultRates:
    """Shares of requests that something happens to, each in [0, 1].

    The first group is about the way: the same request, sent again, may pass. The second is about the reply:
    it is paid, and the same request gives the same reply.

    Attributes:
        time_out: no reply before the client gives up.
        too_many: status 429 with Retry-After.
        server_error: status 500.
        cut: the connection ends within the reply.
        broken_envelope: status 200 and a body that is no JSON.
        half_json: the reply's text ends in the middle, finish "length".
        wrong_schema: JSON of another form.
        refusal: the model will not answer.
        garbage: no JSON at all.
    """

    time_out: float = 0.0
    too_many: float = 0.0
    server_error: float = 0.0
    cut: float = 0.0
    broken_envelope: float = 0.0
    half_json: float = 0.0
    wrong_schema: float = 0.0
    refusal: float = 0.0
    garbage: float = 0.0


WAY_FAULTS = ("time_out", "too_many", "server_error", "cut", "broken_envelope")
REPLY_FAULTS = ("half_json", "wrong_schema", "refusal", "garbage")


@dataclass(frozen=True, kw_only=True)
class Script:
    """All that the scripted server is told.

    Attributes:
        seed: of everything that is drawn.
        latency_s: pause before each reply.
        latency_spread: share by which pauses differ from it, evenly to both sides.
        errors, faults: how often.
        num_prompts, num_negatives: prompts of each kind, at most, in a family.
    """

    seed: int = 0
    latency_s: float = 0.0
    latency_spread: float = 0.0
    errors: ErrorRates = field(default_factory=ErrorRates)
    faults: FaultRates = field(default_factory=FaultRates)
    num_prompts: int = 2
    num_negatives: int = 1

    def __post_init__(self) -> None:
        for group in (self.errors, self.faults):
            for name, rate in vars(group).items():
                if not 0 <= rate <= 1:
                    raise ValueError(f"{name}: {rate} is no share; give 0 to 1")
        if self.latency_s < 0:
            raise ValueError("latency_s: 0 or more")
        if not 0 <= self.latency_spread <= 1:
            raise ValueError("latency_spread: 0 to 1")

    def as_json(self) -> str:
        """What :func:`read_script` reads."""
        return json.dumps(dataclasses.asdict(self), indent=1)


def read_script(path: Path) -> Script:
    """Read a script's JSON file.

    Raises:
        ValueError: no file, no JSON, or a field that a script does not have.
    """
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        errors, faults = fields.pop("errors", {}), fields.pop("faults", {})
        return Script(**fields, errors=ErrorRates(**errors), faults=FaultRates(**faults))
    except (OSError, json.JSONDecodeError, UnicodeDecodeError, TypeError, AttributeError) as error:
        raise ValueError(f"script: {path} cannot be used: {error}") from error
