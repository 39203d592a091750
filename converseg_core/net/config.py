"""What a ConverSeg-Net is made of, as data: parsed once from the bundle's ``config.json``."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

ARCHITECTURE = "converseg-net-v1"
"""The manifest's ``architecture`` of these bundles."""

Mode = Literal["reference", "corrected"]
MODES: tuple[Mode, ...] = ("reference", "corrected")

DEFAULT_MAX_VISUAL_TOKENS = 391
"""Cap of the corrected mode: what 640x480 has natively, so camera frames up to VGA are seen as trained."""


@dataclass(frozen=True, kw_only=True)
class Template:
    """The chat turn around image and prompt; special tokens written out.

    The sequence is ``before_image``, the image's placeholder tokens, ``after_image``, the prompt, ``end``.
    """

    before_image: str
    after_image: str
    end: str
    image_token: str
    end_token: str


QWEN2_5_TEMPLATE = Template(
    before_image=(
        "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n<|vision_start|>"
    ),
    after_image="<|vision_end|>",
    end="<|im_end|>\n",
    image_token="<|image_pad|>",
    end_token="<|im_end|>",
)
QWEN3_TEMPLATE = dataclasses.replace(QWEN2_5_TEMPLATE, before_image="<|im_start|>user\n<|vision_start|>")


_NEEDED_SIZES = (
    ("vlm", "vision_config", "patch_size"),
    ("vlm", "vision_config", "spatial_merge_size"),
    ("sam", "prompt_encoder_config", "image_size"),
)


@dataclass(frozen=True, kw_only=True)
class NetConfig:
    """Everything but the weights.

    Attributes:
        mode: ``reference`` repeats the authors' inference; ``corrected`` mends its faults.
        vlm: transformers' configuration of the vision-language model, with ``model_type``.
        sam: transformers' configuration of the SAM, with ``model_type``.
        template: the chat turn.
        min_visual_tokens, max_visual_tokens: limits of image tokens after merging, both modes;
            the reference's maximum is that of the released preprocessor, 16384.
        max_prompt_tokens: longer prompts are cut (reference) or rejected (corrected).
        template_words: the template's own words count as words of the prompt, as in training.
        has_confidence_head: the weights hold a trained head for presence and quality.
        lora_rank, lora_alpha: scaling of LoRA weights kept beside the base; 0 where there are none.
    """

    mode: Mode
    vlm: Mapping[str, Any]
    sam: Mapping[str, Any]
    template: Template = QWEN2_5_TEMPLATE
    min_visual_tokens: int = 4
    max_visual_tokens: int = DEFAULT_MAX_VISUAL_TOKENS
    max_prompt_tokens: int = 256
    template_words: bool = True
    has_confidence_head: bool = False
    lora_rank: int = 0
    lora_alpha: float = 0.0

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"mode: must be {' or '.join(MODES)}, not {self.mode!r}")
        if not 1 <= self.min_visual_tokens <= self.max_visual_tokens <= 16384:
            raise ValueError(
                "max_visual_tokens: needs 1 <= min_visual_tokens <= max_visual_tokens <= 16384, not "
                f"{self.min_visual_tokens} and {self.max_visual_tokens}"
            )
        if not 1 <= self.max_prompt_tokens <= 4096:
            raise ValueError(f"max_prompt_tokens: must lie in [1, 4096], not {self.max_prompt_tokens}")
        for name in ("vlm", "sam"):
            if not isinstance(getattr(self, name).get("model_type"), str):
                raise ValueError(f"{name}: needs a 'model_type', e.g. 'qwen2_5_vl' or 'sam2'")
        for path in _NEEDED_SIZES:
            value: Any = dataclasses.asdict(self)
            for key in path:
                value = value.get(key) if isinstance(value, Mapping) else None
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{'.'.join(path)}: must be a whole number of at least 1, not {value!r}")

    @property
    def patch_size(self) -> int:
        """Side of a vision patch, pixels."""
        return int(self.vlm["vision_config"]["patch_size"])

    @property
    def merge_size(self) -> int:
        """Patches merged into one image token, along each side."""
        return int(self.vlm["vision_config"]["spatial_merge_size"])

    @property
    def canvas_size(self) -> int:
        """Side of the SAM's square input, pixels."""
        return int(self.sam["prompt_encoder_config"]["image_size"])

    def to_json(self) -> str:
        """As the text of ``config.json``."""
        return json.dumps(dataclasses.asdict(self), indent=2, sort_keys=True) + "\n"


_FIELDS = {item.name for item in dataclasses.fields(NetConfig)}
_TEMPLATE_FIELDS = {item.name for item in dataclasses.fields(Template)}
_KINDS: tuple[tuple[tuple[str, ...], type | tuple[type, ...], str], ...] = (
    (("vlm", "sam"), dict, "an object"),
    (("min_visual_tokens", "max_visual_tokens", "max_prompt_tokens", "lora_rank"), int, "a whole number"),
    (("lora_alpha",), (int, float), "a number"),
    (("template_words", "has_confidence_head"), bool, "true or false"),
)


def parse_config(text: str | bytes) -> NetConfig:
    """Read ``config.json``.

    Raises:
        ValueError: broken JSON, an unknown or missing field, a value of the wrong kind.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"config.json: not valid JSON ({error})") from error
    if not isinstance(content, dict) or not isinstance(content.get("template"), dict):
        raise ValueError("config.json: must be an object with a 'template' object")
    for where, fields, known in (
        ("", content, _FIELDS),
        ("template.", content["template"], _TEMPLATE_FIELDS),
    ):
        unknown = sorted(set(fields) - known)
        if unknown:
            raise ValueError(f"config.json: unknown field {where + unknown[0]!r}; update converseg-ros")
    for name in sorted(_TEMPLATE_FIELDS):
        if not isinstance(content["template"].get(name), str):
            raise ValueError(f"config.json: template.{name} must be a string")
    for names, kind, says in _KINDS:
        for name in names:
            value = content.get(name)
            if name in content and (
                not isinstance(value, kind) or (isinstance(value, bool) != (kind is bool))
            ):
                raise ValueError(f"config.json: {name} must be {says}, not {value!r}")
    try:
        return NetConfig(template=Template(**content.pop("template")), **content)
    except TypeError as error:
        raise ValueError(f"config.json: {error}") from error


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Image tokens of one image, in rows and columns after merging."""

    num_rows: int
    num_cols: int
    merge_size: int = field(default=2)

    @property
    def num_tokens(self) -> int:
        """Image tokens that the language model sees."""
        return self.num_rows * self.num_cols

    @property
    def patches_thw(self) -> tuple[int, int, int]:
        """Patches along time, height and width before merging."""
        return 1, self.num_rows * self.merge_size, self.num_cols * self.merge_size
