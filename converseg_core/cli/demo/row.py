"""One line of the client's report, parsed once."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from converseg_core.answer import Answer, Status, failed
from converseg_core.cli.image_file import read_mask

NO_ANSWER = "NO_ANSWER"


class AnswerRow(BaseModel):
    """What the client says of one question; unknown numbers are None."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    index: int
    prompt: str
    concept: str = ""
    status: str
    status_text: str = ""
    confidence: float | None = None
    no_target_score: float | None = None
    truth_status: str | None = None
    iou: float | None = None
    latency_s: float | None = None
    frame_stamp_ns: int | None = None
    frame_age_s: float | None = None
    stages_s: dict[str, float] = Field(default_factory=dict)
    model_id: str = ""
    mask: str | None = None

    @property
    def is_answered(self) -> bool:
        """True where the model looked and decided."""
        return self.status in (Status.OK.name, Status.NO_TARGET.name)

    def answer(self, folder: Path) -> Answer:
        """The answer with its mask, read from the client's folder."""
        if not self.is_answered or self.mask is None:
            status = Status.TIMEOUT if self.status == NO_ANSWER else Status[self.status]
            return failed(self.prompt, status, self.status_text or "no answer came", model_id=self.model_id)
        nan = float("nan")
        return Answer(
            prompt=self.prompt,
            status=Status[self.status],
            mask=read_mask(folder / self.mask),
            confidence=nan if self.confidence is None else self.confidence,
            no_target_score=nan if self.no_target_score is None else self.no_target_score,
            model_id=self.model_id,
            status_text=self.status_text or ("" if self.status == Status.OK.name else "nothing fits"),
            timings_s=self.stages_s,
        )
