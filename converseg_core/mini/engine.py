"""The runtime of ``mini``: encode an image once, answer any number of prompts on it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from converseg_core.answer import Answer, Status, failed, why_no_target
from converseg_core.bundle import BundleError, Manifest
from converseg_core.mini.agreement import Agreement, agreed
from converseg_core.mini.cell_features import cell_features
from converseg_core.mini.cells import CELL_ROLES, CellNetwork
from converseg_core.mini.detector import COCO_NAMES, Detection, decode, detector_input
from converseg_core.mini.evidence import MIN_PAINTED_SCORE
from converseg_core.mini.language import LanguageEncoder
from converseg_core.mini.masks import EncodedImage, MaskNetwork
from converseg_core.mini.matching import MatchSettings, matching_detections
from converseg_core.mini.nanodet import decode_nanodet, nanodet_input
from converseg_core.mini.photo import PhotoAnswer, PhotoReader
from converseg_core.mini.phrase_book import PhraseBook, read_vectors
from converseg_core.mini.scene.network import SCENE_ROLES, SceneNetwork
from converseg_core.mini.trained import Decision, TrainedAnswerer, TrainedFrame
from converseg_core.mini.weights import open_graph
from converseg_core.mini.wordpiece import WordPieceTokenizer, split_text
from converseg_core.model import MAX_PROMPT_CHARS, ImageHWC, check_image

_PARTS = ("encoder", "sam", "language", "detector", "nanodet")
_NUM_GRIDS = 6
_NUM_HEADS = 3
_MIN_SEEN = 0.1  # of either detector alone
_MIN_THING = 0.05  # of both together


class MiniModel:
    """Detectors, sentence encoder and mask network. One model belongs to one thread at a time."""

    def __init__(
        self,
        *,
        manifest: Manifest,
        sessions: Mapping[str, ort.InferenceSession],
        language: LanguageEncoder,
        phrases_ke: NDArray[np.float32],
        settings: MatchSettings | None = None,
        cells: CellNetwork | None = None,
        scene: SceneNetwork | None = None,
    ) -> None:
        self._manifest = manifest
        self._sessions = sessions
        self._language = language
        self._settings = settings or MatchSettings()
        self._names = tuple(COCO_NAMES.values())
        self._name_vectors = phrases_ke[: len(self._names)]
        self._mask_network = MaskNetwork(encoder=sessions["encoder"], decoder=sessions["sam"])
        self._trained = None
        if cells is not None:
            self._trained = TrainedAnswerer(
                cells=cells,
                reader=PhotoReader(PhraseBook(language, phrases_ke)),
                language=language,
                scene=scene,
            )

    @classmethod
    def from_bundle(
        cls,
        folder: Path,
        manifest: Manifest,
        *,
        device: str,
        runtime: str,
        scene: SceneNetwork | None = None,
    ) -> MiniModel:
        """Open the files of a verified bundle; ``scene`` takes the place of its scene reader.

        Raises:
            ValueError: another device than the CPU, or another runtime than onnxruntime.
            BundleError: a role is missing or a file is not what it should be.
        """
        if runtime not in ("auto", "onnxruntime"):
            raise ValueError(f"runtime: {manifest.name} runs on onnxruntime, not {runtime!r}")
        if device not in ("auto", "cpu"):
            raise ValueError(f"device: {manifest.name} runs on cpu, not {device!r}")
        # Without its trained part it would answer too: "nothing there" for words that it does not know.
        roles = ["vocabulary", "phrases", *_PARTS, *(f"{part}_weights" for part in _PARTS), *CELL_ROLES]
        missing = [role for role in roles if role not in manifest.files]
        if missing:
            raise BundleError(f"{folder}: files: no {missing[0]!r} in the manifest; build the model again")
        paths = {role: folder / manifest.files[role].path for role in roles}
        sessions = {part: open_graph(paths[part], paths[f"{part}_weights"]) for part in _PARTS}
        language = LanguageEncoder(
            session=sessions["language"], tokenizer=WordPieceTokenizer.from_file(paths["vocabulary"])
        )
        if scene is None and set(SCENE_ROLES) <= set(manifest.files):
            files = {role: folder / manifest.files[role].path for role in SCENE_ROLES}
            scene = SceneNetwork.from_files(files)
        model = cls(
            manifest=manifest,
            sessions=sessions,
            language=language,
            phrases_ke=read_vectors(paths["phrases"]),
            cells=CellNetwork.from_files(paths),
            scene=scene,
        )
        # The first run of a session pays for its memory: here, so that no question has to.
        frame = model.encode(np.zeros((48, 64, 3), np.uint8))
        frame.masks.mask_of_box((0.2, 0.2, 0.8, 0.8))
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
            "device": "cpu",
            "licence": self._manifest.licence,
            "training_data": self._manifest.training_data,
            "measured": self._manifest.measured,
        }

    def encode(self, image: ImageHWC) -> MiniFrame:
        """Everything that does not depend on the prompt: image features and detections.

        Args:
            image: (H, W, 3) uint8 RGB.

        Raises:
            ValueError: another shape or type, or a side outside [1, MAX_IMAGE_SIDE].
        """
        check_image(image)
        start = time.perf_counter()
        for_detector = detector_input(image)
        prepared = time.perf_counter()
        size_hw = (image.shape[0], image.shape[1])
        masks = self._mask_network.look_at(image)
        raw = [np.asarray(output) for output in self._sessions["detector"].run(None, {"image": for_detector})]
        least = MIN_PAINTED_SCORE if self._trained is not None else self._settings.min_score
        detections = decode(raw[: 2 * _NUM_GRIDS], min_score=least)
        wide = [np.asarray(o) for o in self._sessions["nanodet"].run(None, {"image": nanodet_input(image)})]
        others = decode_nanodet(wide[:_NUM_HEADS], min_score=_MIN_SEEN)
        trained = None
        if self._trained is not None:
            trained = self._trained.encode(
                image,
                semantic=raw[2 * _NUM_GRIDS],
                middle=raw[2 * _NUM_GRIDS + 1],
                further=cell_features(wide[_NUM_HEADS:]),
                detections=detections,
                things=agreed(detections, others, Agreement(), min_score=_MIN_THING),
                mask_of_box=lambda box: masks.mask_of_box(box)[0],
            )
        return MiniFrame(
            masks=masks,
            detections=[item for item in detections if item.score >= self._settings.min_score],
            size_hw=size_hw,
            timings_s={"preprocess": prepared - start, "encode": time.perf_counter() - prepared},
            model=self,
            trained=trained,
        )

    def decide(self, trained: TrainedFrame, prompt: str) -> Decision | None:
        """Mask, presence and confidence; None where the words are not known."""
        assert self._trained is not None
        return self._trained.answer(trained, prompt)

    def read_photo(self, frame: MiniFrame, prompt: str) -> PhotoAnswer | None:
        """What detected things and stuff alone say; None where the words are near nothing known."""
        if self._trained is None or frame.trained is None:
            raise ValueError("model: this bundle has no trained part; build the model again")
        return self._trained.read_photo(frame.trained, prompt)

    def match(self, prompt: str, detections: Sequence[Detection]) -> list[Detection]:
        """Detections that the words mean, best first."""
        similarity_k = np.asarray(self._name_vectors @ self._language.sentence(prompt), np.float32)
        return matching_detections(similarity_k, self._names, detections, self._settings)


class MiniFrame:
    """One encoded image. Prompts are answered one by one, so no answer can depend on its neighbours."""

    def __init__(
        self,
        *,
        masks: EncodedImage,
        detections: list[Detection],
        size_hw: tuple[int, int],
        timings_s: Mapping[str, float],
        model: MiniModel,
        trained: TrainedFrame | None = None,
    ) -> None:
        self.trained = trained
        self.masks = masks
        self.detections = tuple(detections)
        self._size_hw = size_hw
        self._timings_s = timings_s
        self._model = model
        # A mask depends on its box alone: kept, so that a second question about a thing is cheap.
        self._mask_of: dict[Detection, NDArray[np.bool_]] = {}

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width of the image, pixels."""
        return self._size_hw

    def segment(self, prompts: Sequence[str]) -> list[Answer]:
        """Answer each prompt, in order; one that can't be read gets a REJECTED answer that says why."""
        if isinstance(prompts, str):
            raise ValueError("prompts: pass a list of strings, not one string")
        return [self._answer(prompt) for prompt in prompts]

    def _answer(self, prompt: str) -> Answer:
        if len(prompt) > MAX_PROMPT_CHARS:
            reason = f"the prompt has {len(prompt)} characters; at most {MAX_PROMPT_CHARS} are read"
            return failed(prompt, Status.REJECTED, reason, model_id=self._model.model_id)
        if not any(any(char.isalnum() for char in word) for word in split_text(prompt)):
            reason = "the prompt holds no words; say what to look for"
            return failed(prompt, Status.REJECTED, reason, model_id=self._model.model_id)
        start = time.perf_counter()
        if self.trained is not None:
            decision = self._model.decide(self.trained, prompt)
            if decision is None:  # it did not look: that is not "nothing there"
                reason = "mini knows nothing near these words; name a thing, a material, or what it is for"
                return failed(prompt, Status.REJECTED, reason, model_id=self._model.model_id)
            mask, presence, confidence = decision.mask, decision.presence, decision.confidence
        else:
            # Without the trained part there is no calibrated estimate, and none is made up.
            mask, presence, confidence = self._matched(prompt), float("nan"), float("nan")
        found = bool(mask.any())
        return Answer(
            prompt=prompt,
            status=Status.OK if found else Status.NO_TARGET,
            mask=mask,
            confidence=confidence,
            no_target_score=1.0 - presence,
            model_id=self._model.model_id,
            status_text="" if found else why_no_target(1.0 - presence),
            timings_s={**self._timings_s, "decode": time.perf_counter() - start},
        )

    def _matched(self, prompt: str) -> NDArray[np.bool_]:
        mask = np.zeros(self._size_hw, np.bool_)
        for detection in self._model.match(prompt, self.detections):
            if detection not in self._mask_of:
                self._mask_of[detection] = self.masks.mask_of_box(detection.box)[0]
            mask |= self._mask_of[detection]
        return mask
