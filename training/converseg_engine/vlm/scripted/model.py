"""The scripted model as the server calls it: reads a request as a real server would, and answers."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from converseg_engine.vlm.scripted.brain import Brain
from converseg_engine.vlm.scripted.chance import draw, pick
from converseg_engine.vlm.scripted.server import BadRequestError, Said
from converseg_engine.vlm.scripted.settings import REPLY_FAULTS, Script
from converseg_engine.vlm.scripted.truth import TruePicture, TruthBook

_DATA_URL = "data:image/jpeg;base64,"
_GARBAGE = (
    "",
    "I think the answer is the mug.",
    "{]",
    "null",
    "\u0000\ufffd\u202eyes",
    '{"regions": "all of them"}',
    "[[[[[[[[",
    "NaN",
)


class ScriptedModel:
    """Answers requests about the pictures of a truth book.

    Args:
        book: the truth, with pictures as they are sent.
        script: how it errs and fails.
    """

    def __init__(self, book: TruthBook, script: Script) -> None:
        self._book, self._script, self._brain = book, script, Brain(script)

    def __call__(self, body: bytes) -> Said:
        """Answer.

        Raises:
            BadRequestError: not a request of this protocol, or about a picture that nobody knows.
        """
        stage, text, pictures, num_turns = read_request(body)
        truth = self._book.of_sent(hashlib.sha256(pictures[0]).hexdigest())
        if truth is None:
            raise BadRequestError("this picture is none of those whose truth is known")
        content = json.dumps(self._answer(stage, truth, text, pictures))
        num_prompt_tokens = len(text) // 4 + 400 * len(pictures)
        fault = self._fault(body)
        if fault == "refusal":
            return Said(stage, None, "I cannot help with that.", "stop", num_prompt_tokens, 8)
        finish = "stop"
        if fault == "half_json":
            content, finish = content[: len(content) // 2], "length"
        elif fault == "wrong_schema":
            content = json.dumps({"result": json.loads(content), "confidence": 0.9})
        elif fault == "garbage":
            content = _GARBAGE[pick(len(_GARBAGE), self._script.seed, "garbage", text, str(num_turns))]
        return Said(stage, content, None, finish, num_prompt_tokens, max(1, len(content) // 4))

    def _answer(self, stage: str, truth: TruePicture, text: str, pictures: list[bytes]) -> dict[str, Any]:
        match stage:
            case "scene":
                return self._brain.scene(truth)
            case "region":
                return self._brain.region(truth, text, pictures)
            case "prompts":
                return self._brain.prompts(truth, text)
            case "align":
                return self._brain.align(truth, text, pictures)
            case "absent":
                return self._brain.absent(truth, text)
        raise BadRequestError(f"response_format: no script for {stage!r}")

    def _fault(self, body: bytes) -> str:
        value = draw(self._script.seed, "reply", hashlib.sha256(body).hexdigest())
        for name in REPLY_FAULTS:
            value -= getattr(self._script.faults, name)
            if value < 0:
                return name
        return ""


def read_request(body: bytes) -> tuple[str, str, list[bytes], int]:
    """Name of the reply's form, text, picture files, and number of earlier turns of a request.

    Raises:
        BadRequestError: a field is missing or of another form; names it.
    """
    try:
        fields = json.loads(body)
        form = fields["response_format"]
        messages = fields["messages"]
        content = messages[0]["content"]
        if form["type"] != "json_schema" or not form["json_schema"]["schema"]["properties"]:
            raise BadRequestError("response_format: a json_schema is needed")
        texts = [part["text"] for part in content if part["type"] == "text"]
        urls = [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
        if not fields["model"] or not 0 <= fields["temperature"] <= 2 or not isinstance(fields["seed"], int):
            raise BadRequestError("model, temperature, seed: one of them is missing or out of range")
        if len(texts) != 1 or not urls or not all(url.startswith(_DATA_URL) for url in urls):
            raise BadRequestError("messages: one text and at least one JPEG data address are needed")
        pictures = [base64.b64decode(url[len(_DATA_URL) :], validate=True) for url in urls]
        return form["json_schema"]["name"], texts[0], pictures, len(messages) // 2
    except (KeyError, IndexError, TypeError, ValueError) as error:
        if isinstance(error, BadRequestError):
            raise
        raise BadRequestError(f"request: {type(error).__name__}: {error}") from error
