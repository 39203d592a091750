"""A model of this project as a finder: what is segmented by words is a region by words."""

from __future__ import annotations

from collections.abc import Sequence

from converseg_core.answer import Status
from converseg_core.loading import load_model
from converseg_core.model import SegmentationModel
from converseg_engine.vlm.masks.protocol import Found, ImageHWC, Wanted


class ModelFinder:
    """Asks a segmentation model for each phrase; see :class:`RegionFinder`.

    Args:
        model: any model of ``load_model``.
        min_confidence: answers below are no region; 0 keeps all.
    """

    def __init__(self, model: SegmentationModel, *, min_confidence: float = 0.0) -> None:
        self._model, self._min_confidence = model, min_confidence

    @property
    def id(self) -> str:
        """The model's name and weights."""
        return f"model({self._model.model_id},min_confidence={self._min_confidence:g})"

    def find(self, image: ImageHWC, wanted: Sequence[Wanted]) -> list[Found | None]:
        """The model's answer to each phrase; the hints are not used.

        Raises:
            RuntimeError: the model failed on a phrase; that is not the same as finding nothing.
        """
        answers = self._model.encode(image).segment([want.phrase for want in wanted])
        found: list[Found | None] = []
        for answer in answers:
            if not answer.status.is_answer:
                raise RuntimeError(f"{self._model.model_id}: {answer.status.name}: {answer.status_text}")
            unsure = answer.confidence < self._min_confidence
            if answer.status is Status.NO_TARGET or answer.mask is None or unsure:
                found.append(None)
            else:
                score = answer.confidence if answer.confidence == answer.confidence else 0.0
                found.append(Found(answer.mask, score))
        return found


def build(*, name: str, device: str = "auto", min_confidence: float = 0.0) -> ModelFinder:
    """A finder from a model's name or bundle folder."""
    return ModelFinder(load_model(name, device=device), min_confidence=min_confidence)
