"""LiveSpeech as a source of questions, over real DDS with a look-alike of ``hri_msgs``: it has no wheel."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import rclpy
from converseg.msg import Segmentation, Utterance
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.context import Context
from rclpy.signals import SignalHandlerOptions

from converseg_core.answer import Status
from converseg_ros.segmenter.node import SegmenterNode
from tests.ros.client import Client
from tests.ros.domains import free_domain
from tests.ros.harness import ros_parameters
from tests.stand_in import model as stand_in

PICTURE = np.full((40, 50, 3), 120, np.uint8)


@pytest.fixture
def look_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """``hri_msgs.msg.LiveSpeech``: a real message that has a confidence, with its text as ``final``."""
    monkeypatch.setattr(Utterance, "final", property(lambda self: self.text), raising=False)
    monkeypatch.setitem(sys.modules, "hri_msgs", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "hri_msgs.msg", SimpleNamespace(LiveSpeech=Utterance))


class Rig:
    """A segmenter in this process, and somebody who speaks."""

    def __init__(self, folder: Path, **values: Any) -> None:
        stand_in.register()
        bundle = stand_in.write_bundle(folder / "bundle", stand_in.Settings(encode_s=0.01))
        domain, self._context, self._stop = free_domain(), Context(), threading.Event()
        rclpy.init(
            args=["segmenter", *ros_parameters(model=bundle, **values)],
            context=self._context,
            domain_id=domain,
            signal_handler_options=SignalHandlerOptions.NO,
        )
        self.node = SegmenterNode(context=self._context, stop=self._stop)
        self._thread = threading.Thread(target=self.node.spin_until_stopped, daemon=True)
        self._thread.start()
        self.client = Client(domain)
        self.answers: list[Segmentation] = self.client.listen(Segmentation, "segmenter/segmentation")
        self.reports: list[DiagnosticArray] = self.client.listen(DiagnosticArray, "/diagnostics")
        self.client.wait_for_segmenter()

    def say(self, publisher: Any, text: str, confidence: float = 0.9) -> None:
        publisher.publish(Utterance(text=text, confidence=confidence))

    def counted(self) -> str:
        values = {pair.key: pair.value for pair in self.reports[-1].status[0].values} if self.reports else {}
        return values.get("live speech", "")

    def close(self) -> None:
        self._stop.set()
        self._thread.join(5)
        self.client.close()
        self.node.close()
        self._context.try_shutdown()


@pytest.fixture
def made(tmp_path: Path) -> Iterator[list[Rig]]:
    rigs: list[Rig] = []
    yield rigs
    for rig in rigs:
        rig.close()


@pytest.mark.usefixtures("look_alike")
def test_final_sure_and_new_words_are_questions_and_others_are_counted(
    tmp_path: Path, made: list[Rig]
) -> None:
    rig = Rig(tmp_path, live_speech_min_confidence=0.6)
    made.append(rig)
    voice = rig.client.node.create_publisher(Utterance, "live_speech", 10)
    rig.client.wait_for(voice.get_subscription_count)
    rig.client.wait_until_known()
    header = rig.client.show(PICTURE).header
    rig.say(voice, "")  # a partial text: nothing is final yet
    rig.say(voice, "the red\nmug")
    rig.say(voice, "the red mug")
    rig.say(voice, "the green bowl", confidence=0.5)
    rig.say(voice, "the blue bottle", confidence=0.0)

    def counted() -> bool:
        rig.client.show(PICTURE)
        return rig.counted() == "2 taken, 1 unsure, 1 repeated"

    rig.client.wait_for(counted)
    rig.client.wait_for(lambda: len(rig.answers) == 2)
    assert [answer.prompt for answer in rig.answers] == ["the red mug", "the blue bottle"]
    assert {answer.status for answer in rig.answers} <= {Status.OK, Status.NO_TARGET}
    assert rig.answers[0].header.frame_id == header.frame_id
    assert len({answer.request_id for answer in rig.answers}) == 2


def test_without_hri_msgs_the_diagnostics_say_so(
    tmp_path: Path, made: list[Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "hri_msgs.msg", None)
    rig = Rig(tmp_path)
    made.append(rig)
    rig.client.wait_for(rig.counted)
    assert rig.counted() == "hri_msgs is not installed"
    assert rig.client.node.count_subscribers("live_speech") == 0
