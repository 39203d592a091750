"""The model behind a ConverSeg-Net bundle: encode a frame once, answer any number of prompts on it."""

from __future__ import annotations

import itertools
import logging
import math
import time
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from converseg_core.answer import Answer, Status, failed, why_no_target
from converseg_core.bundle import BundleError, Manifest
from converseg_core.bundle.manifest import Calibration
from converseg_core.embedded.letterbox import Letterbox
from converseg_core.model import MAX_PROMPT_CHARS, ImageHWC, check_image
from converseg_core.net.backend import Backend, Decoded, EncodedImage, ImageInputs
from converseg_core.net.config import NetConfig, parse_config
from converseg_core.net.frame_cache import FrameCache
from converseg_core.net.postprocessing import choose, to_image
from converseg_core.net.preprocessing.positions import prefix_positions
from converseg_core.net.preprocessing.prompt import PromptTokenizer, PromptTooLongError, Tokens
from converseg_core.net.preprocessing.vision import grid_for, patches_of
from converseg_core.net.runtime import Choice, choose_runtime

_LOG = logging.getLogger(__name__)

MAX_PROMPTS_PER_PASS = 8
"""More prompts than this are answered in several passes, which bounds memory."""

DEFAULT_CACHE_BYTES = 512 * 1024 * 1024

NO_HEAD = "this model has no trained confidence head, so confidence and no_target_score are unknown (NaN)"


class NetModel:
    """A loaded ConverSeg-Net. One model belongs to one thread at a time."""

    def __init__(
        self,
        *,
        manifest: Manifest,
        config: NetConfig,
        backend: Backend,
        tokenizer: PromptTokenizer,
        runtime_reason: str = "",
        max_cache_bytes: int = DEFAULT_CACHE_BYTES,
    ) -> None:
        self._manifest = manifest
        self.config = config
        self.backend = backend
        self.tokenizer = tokenizer
        self.cache = FrameCache(max_bytes=max_cache_bytes)
        self._runtime_reason = runtime_reason
        self._keys = itertools.count()
        pre = manifest.preprocessing
        self._mean = np.asarray(pre.mean, np.float32) * 255.0
        self._inverse_std = 1.0 / (np.asarray(pre.std, np.float32) * 255.0)

    @classmethod
    def from_bundle(cls, folder: Path, manifest: Manifest, *, device: str, runtime: str) -> NetModel:
        """Open a verified bundle.

        Raises:
            ValueError: this machine lacks the device, or the bundle the runtime.
            BundleError: a file is missing or does not fit the others.
        """
        for role in ("config", "tokenizer"):
            if role not in manifest.files:
                raise BundleError(f"{folder}: files: no {role!r} in the manifest; import the model again")
        try:
            config = parse_config((folder / manifest.files["config"].path).read_bytes())
            tokenizer = PromptTokenizer.from_file(folder / manifest.files["tokenizer"].path, config)
        except ValueError as error:
            raise BundleError(f"{folder}: {error}") from error
        choice = choose_runtime(
            runtime,
            device,
            mode=config.mode,
            has_torch_weights="weights" in manifest.files,
            has_onnx="onnx_sam_encoder" in manifest.files,
        )
        _LOG.info(
            "%s runs on %s, %s, %s: %s",
            manifest.model_id, choice.kind, choice.device, choice.number_type, choice.reason,
        )  # fmt: skip
        return cls(
            manifest=manifest,
            config=config,
            backend=_open_backend(folder, manifest, config, choice),
            tokenizer=tokenizer,
            runtime_reason=choice.reason,
        )

    @property
    def model_id(self) -> str:
        """Name and weights hash."""
        return self._manifest.model_id

    @property
    def info(self) -> Mapping[str, object]:
        """Facts for people and diagnostics."""
        has_head = self.config.has_confidence_head
        return {
            "name": self._manifest.name,
            "architecture": self._manifest.architecture,
            "mode": self.config.mode,
            "weights": self._manifest.weights,
            "runtime": self.backend.name,
            "runtime_reason": self._runtime_reason,
            "device": self.backend.device,
            "licence": self._manifest.licence,
            "training_data": self._manifest.training_data,
            "max_visual_tokens": self.config.max_visual_tokens,
            "confidence": self._confidence_note() if has_head else NO_HEAD,
            "measured": self._manifest.measured,
        }

    def encode(self, image: ImageHWC) -> NetFrame:
        """The image pass, kept in the frame cache.

        Args:
            image: (H, W, 3) uint8 RGB.

        Raises:
            ValueError: another shape or type, or a side outside [1, MAX_IMAGE_SIDE].
        """
        check_image(image)
        frame = NetFrame(model=self, image=image.copy(), key=next(self._keys))
        self.recall(frame.key, frame.image)
        return frame

    def recall(self, key: int, image: ImageHWC) -> tuple[EncodedImage, Mapping[str, float]]:
        """A frame's encoding from the cache, or computed again; and the seconds spent on it now."""
        kept = self.cache.get(key)
        if kept is not None:
            return kept, {}
        start = time.perf_counter()
        inputs = self.prepare(image)
        prepared_s = time.perf_counter() - start
        encoded = self.backend.encode(inputs)
        self.cache.put(key, encoded)
        return encoded, {"preprocess": prepared_s, **encoded.timings_s}

    def prepare(self, image: ImageHWC) -> ImageInputs:
        """Pixels and tokens of an image, as both encoders take them."""
        height, width = image.shape[:2]
        canvas = self.letterbox(height, width).apply(image).astype(np.float32)
        pixels = np.ascontiguousarray(
            ((canvas - self._mean) * self._inverse_std).transpose(2, 0, 1)[np.newaxis]
        )
        grid = self.backend.fit_grid(height, width, grid_for(height, width, self.config))
        prefix = self.tokenizer.prefix(grid)
        num_before = self.tokenizer.num_before_image()
        positions, following = prefix_positions(
            num_before, grid, len(prefix.ids) - num_before - grid.num_tokens
        )
        return ImageInputs(
            pixels_13hw=pixels.astype(np.float32),
            patches=patches_of(image, grid, self.config),
            grid=grid,
            prefix=prefix,
            is_image_p=prefix.ids == self.tokenizer.image_id,
            positions_3p=positions,
            next_position=following,
        )

    def letterbox(self, height: int, width: int) -> Letterbox:
        """How an image of (height, width) pixels lies on the SAM's canvas."""
        return Letterbox(
            height, width, self._manifest.preprocessing.height, self._manifest.preprocessing.width
        )

    def why_unreadable(self, prompt: str) -> str | None:
        """The reason why a prompt is rejected, or None."""
        if len(prompt) > MAX_PROMPT_CHARS:
            return f"the prompt has {len(prompt)} characters; at most {MAX_PROMPT_CHARS} are read"
        if self.config.mode == "corrected" and not prompt.strip():
            return "the prompt holds no words; say what to look for"
        try:
            prompt.encode("utf-8")
            self.tokenizer.suffix(prompt)
        except UnicodeEncodeError:
            return "the prompt is not valid text (a lone surrogate)"
        except PromptTooLongError as error:
            return str(error)
        return None

    def answer(
        self, prompt: str, row: int, decoded: Decoded, letterbox: Letterbox, timings_s: Mapping[str, float]
    ) -> Answer:
        """One row of a decoded batch as an Answer."""
        start = time.perf_counter()
        chosen = choose(decoded.logits_nkhw[row], decoded.iou_nk[row], self.config.mode)
        mask = to_image(chosen, letterbox, self.config.mode) > 0.0
        presence = self._probability("presence", decoded.presence_n, row)
        quality = self._probability("quality", decoded.quality_n, row)
        # Without a head, presence is unknown (NaN) and only the mask itself can say that nothing is there.
        found = bool(mask.any()) and not presence < 0.5
        if not found:
            mask = np.zeros_like(mask)
        return Answer(
            prompt=prompt,
            status=Status.OK if found else Status.NO_TARGET,
            mask=mask,
            confidence=quality if found else 1.0 - presence,
            no_target_score=1.0 - presence,
            model_id=self.model_id,
            status_text="" if found else why_no_target(1.0 - presence),
            timings_s={**timings_s, **decoded.timings_s, "postprocess": time.perf_counter() - start},
        )

    def _probability(self, head: str, logits_n: np.ndarray | None, row: int) -> float:
        if logits_n is None:
            return math.nan
        scaling = self._manifest.calibrations.get(head, Calibration())
        value = scaling.slope * float(logits_n[row]) + scaling.offset
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, value))))

    def _confidence_note(self) -> str:
        is_fitted = {"presence", "quality"} <= set(self._manifest.calibrations)
        return "calibrated" if is_fitted else "a trained head whose probabilities were never calibrated"


class NetFrame:
    """One encoded image. Its encoding may be evicted; then the next prompts pay for the image again."""

    def __init__(self, *, model: NetModel, image: ImageHWC, key: int) -> None:
        self._model = model
        self.image = image
        self.key = key
        self._is_released = False
        self._letterbox = model.letterbox(*image.shape[:2])
        self._finalizer = weakref.finalize(self, model.cache.drop, key)

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width of the image, pixels."""
        return int(self.image.shape[0]), int(self.image.shape[1])

    @property
    def letterbox(self) -> Letterbox:
        """How the image lies on the SAM's canvas."""
        return self._letterbox

    @property
    def model(self) -> NetModel:
        """The model that encoded it."""
        return self._model

    def release(self) -> None:
        """Give the encoding's memory back now. The frame answers no more."""
        self._finalizer()
        self._is_released = True

    def encoded(self) -> tuple[EncodedImage, Mapping[str, float]]:
        """The encoding, and seconds spent on computing it again.

        Raises:
            ValueError: the frame was released.
        """
        if self._is_released:
            raise ValueError("frame: it was released; encode the image again")
        return self._model.recall(self.key, self.image)

    def segment(self, prompts: Sequence[str]) -> list[Answer]:
        """Answer each prompt, in order; what cannot be read is REJECTED with the reason.

        Raises:
            ValueError: one string instead of a list, or the frame was released.
        """
        if isinstance(prompts, str):
            raise ValueError("prompts: pass a list of strings, not one string")
        encoded, encode_timings = self.encoded()
        model = self._model
        answers: dict[int, Answer] = {}
        readable: list[int] = []
        for index, prompt in enumerate(prompts):
            reason = model.why_unreadable(prompt)
            if reason is None:
                readable.append(index)
            else:
                answers[index] = failed(prompt, Status.REJECTED, reason, model_id=model.model_id)
        for start in range(0, len(readable), MAX_PROMPTS_PER_PASS):
            part = readable[start : start + MAX_PROMPTS_PER_PASS]
            suffixes: list[Tokens] = [model.tokenizer.suffix(prompts[index]) for index in part]
            decoded = model.backend.decode(encoded, suffixes)
            for row, index in enumerate(part):
                answers[index] = model.answer(prompts[index], row, decoded, self._letterbox, encode_timings)
        return [answers[index] for index in range(len(prompts))]


def _open_backend(folder: Path, manifest: Manifest, config: NetConfig, choice: Choice) -> Backend:
    if choice.kind == "onnxruntime":
        from converseg_core.net.ort_backend import OrtBackend

        return OrtBackend.open(folder, manifest, config, device=choice.device)
    from converseg_core.net.torch_loading import open_torch_backend

    return open_torch_backend(folder, manifest, config, choice)
