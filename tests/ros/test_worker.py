"""The model's thread, with a small real model that finds colours."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from converseg_core.answer import Answer, Status
from converseg_core.images import from_rgb
from converseg_ros.camera.frame_mailbox import Frame, FrameMailbox
from converseg_ros.questions.instruction_queue import InstructionQueue, Question, StandingState
from converseg_ros.questions.reply import Limits, Reply
from converseg_ros.questions.turns import Lane
from converseg_ros.segmenter.worker import Worker

COLOURS = {"red": (200, 0, 0), "green": (0, 200, 0), "blue": (0, 0, 200)}


class ColourFrame:
    def __init__(self, image: NDArray[np.uint8]) -> None:
        self._image = image

    @property
    def size_hw(self) -> tuple[int, int]:
        return self._image.shape[0], self._image.shape[1]

    def segment(self, prompts: Sequence[str]) -> list[Answer]:
        return [self._answer(prompt) for prompt in prompts]

    def _answer(self, prompt: str) -> Answer:
        if prompt == "crash":
            raise RuntimeError("the model broke")
        wanted = next((colour for name, colour in COLOURS.items() if name in prompt), (1, 2, 3))
        mask = (self._image == np.array(wanted, np.uint8)).all(axis=2)
        status = Status.OK if mask.any() else Status.NO_TARGET
        text = "" if mask.any() else "no pixel has this colour"
        return Answer(prompt, status, mask, 1.0, 0.0, "colours@1", text, {"segment": 0.001})


class ColourModel:
    """Finds pixels of exactly one colour; can be held up to see what happens meanwhile."""

    model_id = "colours@1"
    info: Mapping[str, object] = {"device": "cpu"}

    def __init__(self) -> None:
        self.may_encode = threading.Event()
        self.may_encode.set()
        self.is_encoding = threading.Event()

    def encode(self, image: NDArray[np.uint8]) -> ColourFrame:
        self.is_encoding.set()
        self.may_encode.wait(20)
        return ColourFrame(image)


class Bench:
    """A worker with everything round it."""

    def __init__(self, *, on_start: Callable[[Frame], None] = lambda _: None, **limits: Any) -> None:
        self.model = ColourModel()
        self.mailbox = FrameMailbox()
        self.questions = InstructionQueue(max_questions=5)
        self.replies: queue.Queue[Reply] = queue.Queue()
        self.faults: list[str] = []
        self.worker = Worker(
            load=lambda: self.model,
            lanes=[Lane(mailbox=self.mailbox, queue=self.questions, on_start=on_start)],
            limits=Limits(**{"max_frame_age_s": 60.0, "wait_for_frame_s": 30.0, **limits}),
            on_reply=lambda _, reply: self.replies.put(reply),
            on_fault=self.faults.append,
        )
        self.worker.start()
        assert self.worker.wait_loaded(10)
        self.model.is_encoding.clear()

    def show(self, colour: str = "red", *, age_s: float = 0.0, **changes: Any) -> Frame:
        rgb = np.zeros((6, 8, 3), np.uint8)
        rgb[2:4, 3:6] = COLOURS[colour]
        fields = from_rgb(rgb)
        message = type("Message", (), {**vars(fields), **changes})()
        frame = Frame(message=message, arrival_s=time.monotonic() - age_s)
        self.mailbox.put(frame)
        return frame

    def ask(self, text: str) -> None:
        self.questions.offer(
            Question(request_id=text, echo=text + "!", prompt=text, arrival_s=time.monotonic())
        )

    def reply(self) -> Reply:
        return self.replies.get(timeout=10)


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.model.may_encode.set()
    assert made.worker.stop(10)


def test_an_answer_names_its_question_and_frame(bench: Bench) -> None:
    frame = bench.show("red")
    bench.ask("red")
    reply = bench.reply()
    assert reply.answer.status is Status.OK
    assert reply.answer.area_px == 6
    assert reply.answer.box_xywh == (3, 2, 3, 2)
    assert reply.answer.prompt == "red!"
    assert reply.question.request_id == "red"
    assert reply.frame is frame
    assert 0 <= reply.frame_age_s < 10
    assert list(reply.answer.timings_s) == ["queued", "convert", "segment"]


def test_nothing_fits_is_an_answer(bench: Bench) -> None:
    bench.show("red")
    bench.ask("blue")
    reply = bench.reply()
    assert reply.answer.status is Status.NO_TARGET
    assert reply.answer.mask is not None


def test_questions_share_an_encoded_frame(bench: Bench) -> None:
    bench.show("red")
    for text in ("red", "blue", "green"):
        bench.ask(text)
    assert [bench.reply().answer.status.name for _ in range(3)] == ["OK", "NO_TARGET", "NO_TARGET"]
    assert bench.worker.num_encodes == 1


def test_a_question_waits_for_the_first_frame(bench: Bench) -> None:
    bench.ask("red")
    assert bench.replies.empty()
    bench.show("red")
    assert bench.reply().answer.status is Status.OK


def test_the_newest_frame_is_taken_when_the_model_starts(bench: Bench) -> None:
    bench.model.may_encode.clear()
    bench.show("red")
    bench.ask("red")
    assert bench.model.is_encoding.wait(10)
    bench.ask("green")
    for colour in ("blue", "red", "green"):
        bench.show(colour)
    bench.model.may_encode.set()
    assert bench.reply().answer.status is Status.OK
    assert bench.reply().answer.status is Status.OK
    assert bench.mailbox.num_dropped == 2


def test_no_frame_at_all_is_stale() -> None:
    bench = Bench(wait_for_frame_s=0.05)
    bench.ask("red")
    answer = bench.reply().answer
    assert answer.status is Status.STALE_FRAME
    assert "no frame arrived" in answer.status_text
    assert bench.worker.stop(10)


def test_a_standing_question_is_asked_on_each_frame_and_silence_is_told_once() -> None:
    bench = Bench(max_frame_age_s=0.8, wait_for_frame_s=0.8)
    state = StandingState(since_s=time.monotonic())
    bench.questions.stand(
        Question(request_id="s", echo="red", prompt="red", arrival_s=0.0, source="standing", standing=state)
    )
    assert bench.reply().answer.status is Status.STALE_FRAME
    for _ in range(2):
        frame = bench.show("red")
        reply = bench.reply()
        assert reply.answer.status is Status.OK
        assert reply.frame is frame
    # The camera stops; nothing else happens that could wake the thread.
    assert bench.reply().answer.status is Status.STALE_FRAME
    time.sleep(1.0)
    assert bench.replies.empty()
    bench.show("red")
    assert bench.reply().answer.status is Status.OK
    assert bench.worker.stop(10)


def test_what_goes_beside_an_answer_does_not_cost_it() -> None:
    def fail(_: Frame) -> None:
        raise RuntimeError("no depth")

    bench = Bench(on_start=fail)
    bench.show("red")
    bench.ask("red")
    assert bench.reply().answer.status is Status.OK
    assert "no depth" in bench.faults[0]
    assert bench.worker.stop(10)


def test_an_old_frame_is_stale_and_says_how_old() -> None:
    bench = Bench(max_frame_age_s=1.0, wait_for_frame_s=0.05)
    bench.show("red", age_s=42.0)
    bench.ask("red")
    reply = bench.reply()
    assert reply.answer.status is Status.STALE_FRAME
    assert "42." in reply.answer.status_text
    assert reply.frame is None
    assert bench.worker.stop(10)


def test_limits_change_while_running(bench: Bench) -> None:
    bench.worker.limits = Limits(max_frame_age_s=60, wait_for_frame_s=0.01, max_image_side=7)
    bench.show("red")
    bench.ask("red")
    answer = bench.reply().answer
    assert answer.status is Status.ERROR
    assert "max_image_side=7" in answer.status_text


def test_a_bad_frame_is_an_error_and_the_next_one_is_fine(bench: Bench) -> None:
    frame = bench.show("red", step=5)
    bench.ask("red")
    reply = bench.reply()
    assert reply.answer.status is Status.ERROR
    assert "step: 5" in reply.answer.status_text
    assert reply.answer.mask is None
    assert reply.frame is frame
    bench.show("red")
    bench.ask("red")
    assert bench.reply().answer.status is Status.OK


def test_a_model_that_raises_gives_an_error_and_lives_on(bench: Bench) -> None:
    bench.show("red")
    bench.ask("crash")
    bench.ask("red")
    reply = bench.reply()
    assert reply.answer.status is Status.ERROR
    assert reply.answer.status_text == "RuntimeError: the model broke"
    assert "Traceback" in bench.faults[0]
    assert bench.reply().answer.status is Status.OK


def test_stopping_cancels_what_waits() -> None:
    bench = Bench()
    for text in ("red", "green", "blue"):
        bench.ask(text)
    assert bench.worker.stop(10)
    assert [bench.reply().answer.status.name for _ in range(3)] == ["CANCELLED"] * 3


def test_a_model_that_does_not_load_says_so_to_whoever_waits() -> None:
    def load() -> ColourModel:
        raise ValueError("weights: checksum differs")

    worker = Worker(
        load=load,
        lanes=[Lane(mailbox=FrameMailbox(), queue=InstructionQueue(max_questions=1))],
        limits=Limits(),
        on_reply=lambda lane, reply: None,
        on_fault=lambda text: None,
    )
    worker.start()
    with pytest.raises(ValueError, match="checksum differs"):
        worker.wait_loaded(10)
    assert worker.stop(10)


def test_a_reply_that_cannot_be_sent_does_not_end_the_thread() -> None:
    bench = Bench()
    sent: list[Reply] = []

    def send(_: Lane, reply: Reply) -> None:
        if reply.question.prompt == "red":
            raise RuntimeError("no such publisher")
        sent.append(reply)
        bench.replies.put(reply)

    bench.worker._on_reply = send
    bench.show("red")
    bench.ask("red")
    bench.ask("blue")
    assert bench.reply().question.prompt == "blue"
    assert "no such publisher" in bench.faults[0]
    assert bench.worker.stop(10)
