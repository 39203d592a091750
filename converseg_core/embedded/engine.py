"""The runtime of embedded bundles: encode an image once, answer any number of prompts on it.

Legend of shape suffixes: n prompts, l tokens, c channels, h height, w width.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from converseg_core.answer import Answer, Status, failed, why_no_target
from converseg_core.bundle import BundleError, Manifest
from converseg_core.bundle.manifest import Calibration, Preprocessing
from converseg_core.embedded.letterbox import Letterbox
from converseg_core.embedded.tokenizer import WordTokenizer
from converseg_core.model import MAX_PROMPT_CHARS, ImageHWC, check_image

_ROLES = ("image_encoder", "prompt_decoder", "tokenizer")
_PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


class EmbeddedModel:
    """A small model on ONNX Runtime. One model belongs to one thread at a time."""

    def __init__(
        self,
        *,
        manifest: Manifest,
        image_encoder: ort.InferenceSession,
        prompt_decoder: ort.InferenceSession,
        tokenizer: WordTokenizer,
        device: str,
    ) -> None:
        self._manifest = manifest
        self._image_encoder = image_encoder
        self._prompt_decoder = prompt_decoder
        self._tokenizer = tokenizer
        self._device = device
        preprocessing = manifest.preprocessing
        self._mean = np.asarray(preprocessing.mean, np.float32) * 255.0
        self._inverse_std = 1.0 / (np.asarray(preprocessing.std, np.float32) * 255.0)

    @classmethod
    def from_bundle(cls, folder: Path, manifest: Manifest, *, device: str, runtime: str) -> EmbeddedModel:
        """Open the files of a verified bundle.

        Raises:
            ValueError: this machine lacks the device, or the bundle does not run on ``runtime``.
            BundleError: a role is missing or a file is not a network.
        """
        if runtime not in ("auto", "onnxruntime"):
            raise ValueError(f"runtime: {manifest.name} runs on onnxruntime, not {runtime!r}")
        missing = [role for role in _ROLES if role not in manifest.files]
        if missing:
            raise BundleError(f"{folder}: files: no {missing[0]!r} in the manifest; fetch the bundle again")
        chosen = _choose_device(device)
        paths = {role: folder / manifest.files[role].path for role in _ROLES}
        tokenizer = WordTokenizer.from_file(paths["tokenizer"])
        model = cls(
            manifest=manifest,
            image_encoder=_open_session(paths["image_encoder"], chosen),
            prompt_decoder=_open_session(paths["prompt_decoder"], chosen),
            tokenizer=tokenizer,
            device=chosen,
        )
        # The first run of a session pays for its memory: here, so that no question has to.
        model.encode(np.zeros((64, 64, 3), np.uint8)).segment(list(tokenizer.words[:1]))
        return model

    @property
    def model_id(self) -> str:
        """Name and weights hash."""
        return self._manifest.model_id

    @property
    def info(self) -> Mapping[str, object]:
        """Facts for people and diagnostics."""
        return {
            "name": self._manifest.name,
            "architecture": self._manifest.architecture,
            "weights": self._manifest.weights,
            "runtime": f"onnxruntime {ort.__version__}",
            "device": self._device,
            "licence": self._manifest.licence,
            "training_data": self._manifest.training_data,
            "num_words": len(self._tokenizer.words),
            "vocabulary": self._tokenizer.words,
            "measured": self._manifest.measured,
        }

    def encode(self, image: ImageHWC) -> EmbeddedFrame:
        """Everything that does not depend on the prompt: letterbox, normalise, image network.

        Args:
            image: (H, W, 3) uint8 RGB.

        Raises:
            ValueError: another shape or type, or a side outside [1, MAX_IMAGE_SIDE].
        """
        check_image(image)
        start = time.perf_counter()
        pre: Preprocessing = self._manifest.preprocessing
        letterbox = Letterbox(image.shape[0], image.shape[1], pre.height, pre.width)
        pixels_hwc = (letterbox.apply(image).astype(np.float32) - self._mean) * self._inverse_std
        network_start = time.perf_counter()
        outputs = self._image_encoder.run(None, {"image": pixels_hwc.transpose(2, 0, 1)[np.newaxis]})
        names = [output.name for output in self._image_encoder.get_outputs()]
        end = time.perf_counter()
        return EmbeddedFrame(
            features=dict(zip(names, (np.asarray(output) for output in outputs), strict=True)),
            letterbox=letterbox,
            timings_s={"preprocess": network_start - start, "encode": end - network_start},
            tokenizer=self._tokenizer,
            prompt_decoder=self._prompt_decoder,
            manifest=self._manifest,
        )


class EmbeddedFrame:
    """One encoded image. Prompts are answered one by one, so no answer can depend on its neighbours."""

    def __init__(
        self,
        *,
        features: Mapping[str, NDArray[np.float32]],
        letterbox: Letterbox,
        timings_s: Mapping[str, float],
        tokenizer: WordTokenizer,
        prompt_decoder: ort.InferenceSession,
        manifest: Manifest,
    ) -> None:
        self._features = features
        self._letterbox = letterbox
        self._timings_s = timings_s
        self._tokenizer = tokenizer
        self._prompt_decoder = prompt_decoder
        self._manifest = manifest

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width of the image, pixels."""
        return self._letterbox.image_height, self._letterbox.image_width

    def segment(self, prompts: Sequence[str]) -> list[Answer]:
        """Answer each prompt, in order.

        A prompt that this model cannot read (empty, too long, words outside its vocabulary) gets a
        REJECTED answer that says so; it never raises.
        """
        if isinstance(prompts, str):
            raise ValueError("prompts: pass a list of strings, not one string")
        return [self._answer(prompt) for prompt in prompts]

    def _answer(self, prompt: str) -> Answer:
        model_id = self._manifest.model_id
        reason = self._why_unreadable(prompt)
        if reason is not None:
            return failed(prompt, Status.REJECTED, reason, model_id=model_id)
        start = time.perf_counter()
        inputs = dict(self._features, tokens=self._tokenizer.encode(prompt).ids[np.newaxis])
        mask_logits, presence_logit, quality_logit = self._prompt_decoder.run(
            ["mask_logits", "presence_logit", "quality_logit"], inputs
        )
        decoded = time.perf_counter()
        presence = self._probability("presence", presence_logit)
        quality = self._probability("quality", quality_logit)
        mask = self._letterbox.restore(mask_logits[0]) > 0.0
        found = presence >= 0.5 and bool(mask.any())
        if not found:
            mask = np.zeros_like(mask)
        return Answer(
            prompt=prompt,
            status=Status.OK if found else Status.NO_TARGET,
            mask=mask,
            confidence=quality if found else 1.0 - presence,
            no_target_score=1.0 - presence,
            model_id=model_id,
            status_text="" if found else why_no_target(1.0 - presence),
            timings_s={
                **self._timings_s,
                "decode": decoded - start,
                "postprocess": time.perf_counter() - decoded,
            },
        )

    def _why_unreadable(self, prompt: str) -> str | None:
        if len(prompt) > MAX_PROMPT_CHARS:
            return f"the prompt has {len(prompt)} characters; at most {MAX_PROMPT_CHARS} are read"
        tokens = self._tokenizer.encode(prompt)
        if tokens.num_words == 0:
            return "the prompt holds no words; say what to look for"
        if tokens.unknown:
            words = ", ".join(repr(word) for word in dict.fromkeys(tokens.unknown))
            return (
                f"{self._manifest.name} does not know the words: {words}; see its vocabulary in `models info`"
            )
        if tokens.num_words > self._tokenizer.max_num_tokens:
            return (
                f"the prompt has {tokens.num_words} words; at most {self._tokenizer.max_num_tokens} are read"
            )
        return None

    def _probability(self, head: str, logit: NDArray[np.float32]) -> float:
        scaling = self._manifest.calibrations.get(head, Calibration())
        value = scaling.slope * float(logit.reshape(())) + scaling.offset
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, value))))


def _choose_device(device: str) -> str:
    available = ort.get_available_providers()
    if device == "auto":
        return "cuda" if _PROVIDERS["cuda"] in available else "cpu"
    if device not in _PROVIDERS:
        raise ValueError(f"device: must be auto, {' or '.join(_PROVIDERS)}, not {device!r}")
    if _PROVIDERS[device] not in available:
        raise ValueError(
            f"device: this onnxruntime has no {_PROVIDERS[device]}; install onnxruntime-gpu or use cpu"
        )
    return device


def _open_session(path: Path, device: str) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.log_severity_level = 3
    # Waiting threads would spin: at 10 frames a second four fifths of the CPU time was idle waiting.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return ort.InferenceSession(path, options, providers=[_PROVIDERS[device]])
    except Exception as error:  # onnxruntime raises its own undocumented classes, all derived from Exception
        raise BundleError(f"{path}: not a network that onnxruntime can open ({error})") from error
