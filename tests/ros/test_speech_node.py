"""The speech node over real DDS: with stand-ins for the models, and as a process with the real ones."""

from __future__ import annotations

import signal
import sys
import threading
import wave
from array import array
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import rclpy
import yaml
from converseg.msg import AudioChunk, Utterance
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.context import Context
from rclpy.signals import SignalHandlerOptions
from std_msgs.msg import Bool, String

from converseg_core.speech import synthesis
from converseg_core.speech.audio import RATE_HZ, AudioError, Samples, to_int16
from converseg_core.speech.detector import UtteranceFinder
from converseg_core.speech.pipeline import SpeechPipeline, SpeechSettings
from converseg_core.speech.transcriber import Transcript
from converseg_core.speech.wording import words_of
from converseg_ros.process.spinning import spin_until
from converseg_ros.speech.live_speech import LiveSpeechFilter, subscribe
from converseg_ros.speech.node import SpeechNode
from converseg_ros.speech.settings import SPEECH_SPECS
from converseg_ros.speech.sources import Microphone, Piece, PieceQueue
from tests.core.speech.models import real_pipeline
from tests.ros.client import Client
from tests.ros.domains import free_domain
from tests.ros.harness import NodeProcess, ros_parameters

MODULE = "converseg_ros.speech_node"


class Loudness:
    def probability(self, chunk: Samples) -> float:
        return float(np.abs(chunk).max())

    def reset(self) -> None: ...


class Length:
    """Its words tell how long the utterance was, its confidence how loud."""

    def transcribe(self, samples: Samples) -> Transcript:
        return Transcript(
            text=f"{len(samples) / RATE_HZ:.1f} seconds", confidence=float(np.abs(samples).max())
        )


class Rig:
    """The node in this process, and a client that sends sound."""

    def __init__(self) -> None:
        domain = free_domain()
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain, signal_handler_options=SignalHandlerOptions.NO)
        self.node = SpeechNode(
            context=self._context,
            load=lambda node: SpeechPipeline(UtteranceFinder(Loudness()), Length(), SpeechSettings()),
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=spin_until, args=(self.node, self._stop), daemon=True)
        self._thread.start()
        self.client = Client(domain)
        self.audio = self.client.node.create_publisher(AudioChunk, "audio", 100)
        self.speaking = self.client.node.create_publisher(Bool, "robot_speaking", 10)
        self.instructions: list[String] = self.client.listen(String, "instruction")
        self.utterances: list[Utterance] = self.client.listen(Utterance, "speech/utterance")
        self.diagnostics: list[DiagnosticArray] = self.client.listen(DiagnosticArray, "/diagnostics")
        self.client.wait_for(
            lambda: self.audio.get_subscription_count() and self.speaking.get_subscription_count()
        )
        self.client.wait_until_known("speech")
        self.clock_s = 1000.0

    def send(self, level: float, length_s: float, **changes: Any) -> None:
        samples = to_int16(np.full(round(length_s * RATE_HZ), level, np.float32))
        for first in range(0, len(samples), 1600):
            part = samples[first : first + 1600]
            message = AudioChunk(sample_rate=RATE_HZ, samples=array("h", part.tobytes()))
            message.header.frame_id = "mic"
            message.header.stamp.sec, rest = divmod(round(self.clock_s * 1e9), 1_000_000_000)
            message.header.stamp.nanosec = rest
            for name, value in changes.items():
                setattr(message, name, value)
            self.audio.publish(message)
            self.clock_s += len(part) / RATE_HZ

    def value(self, name: str) -> str:
        found = [pair.value for pair in self.diagnostics[-1].status[0].values if pair.key == name]
        return found[0] if found else ""

    def close(self) -> None:
        self._stop.set()
        self._thread.join(5)
        self.node.close()
        self.client.close()
        self._context.try_shutdown()


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    made.close()


def test_sound_on_the_topic_becomes_an_instruction(rig: Rig) -> None:
    rig.send(0.0, 0.5)
    rig.send(0.8, 1.0)
    rig.send(0.0, 1.0)
    rig.client.wait_for(lambda: rig.instructions and rig.utterances)
    assert words_of(rig.instructions[0].data)[-1] == "seconds"
    heard = rig.utterances[0]
    assert heard.accepted
    assert heard.text == rig.instructions[0].data
    assert heard.header.frame_id == "mic"
    assert heard.header.stamp.sec + heard.header.stamp.nanosec / 1e9 == pytest.approx(1000.2, abs=0.1)
    assert heard.duration_s == pytest.approx(1.9, abs=0.15)
    assert heard.confidence == pytest.approx(0.8, abs=0.01)
    assert 0.0 <= heard.latency_s < 20.0


def test_unsure_utterances_are_told_but_not_acted_on(rig: Rig) -> None:
    # Loud enough for the detector only because the level counts, too soft for the confidence.
    rig.node._pipeline.settings = SpeechSettings(min_confidence=0.9)
    rig.send(0.8, 1.0)
    rig.send(0.0, 1.0)
    rig.client.wait_for(lambda: rig.utterances)
    assert (rig.utterances[0].accepted, rig.utterances[0].reason) == (False, "low confidence")
    rig.client.wait_for(lambda: rig.diagnostics and rig.value("low confidence") == "1")
    assert rig.instructions == []


def test_the_robots_own_voice_is_no_instruction(rig: Rig) -> None:
    rig.speaking.publish(Bool(data=True))
    rig.client.wait_for(lambda: rig.node._pipeline._robot_speaks)
    rig.send(0.8, 1.0)
    rig.send(0.0, 1.0)
    rig.client.wait_for(lambda: rig.diagnostics and rig.value("samples not listened to") == str(2 * RATE_HZ))
    rig.speaking.publish(Bool(data=False))
    rig.client.wait_for(lambda: not rig.node._pipeline._robot_speaks)
    rig.send(0.0, 1.0)
    rig.send(0.7, 1.0)
    rig.send(0.0, 1.0)
    rig.client.wait_for(lambda: rig.utterances)
    assert len(rig.utterances) == 1
    assert rig.utterances[0].confidence == pytest.approx(0.7, abs=0.01)


def test_bad_sound_is_an_error_that_says_what_to_do_and_the_next_is_heard(rig: Rig) -> None:
    rig.send(0.8, 0.2, sample_rate=0)
    rig.client.wait_for(lambda: rig.diagnostics and "sample_rate" in rig.value("last fault"))
    rig.send(0.8, 0.2, sample_rate=1000)
    rig.client.wait_for(lambda: "8000" in rig.value("last fault"))
    rig.send(0.8, 1.0)
    rig.send(0.0, 1.0)
    rig.client.wait_for(lambda: rig.instructions)


def test_live_speech_lets_final_texts_through_once() -> None:
    gate = LiveSpeechFilter(min_confidence=0.5, repeat_s=1.0)

    def message(final: str, confidence: float = 0.9) -> SimpleNamespace:
        return SimpleNamespace(incremental="the red", final=final, confidence=confidence)

    assert gate.instruction(message(""), 0.0) is None
    assert gate.instruction(message(" the red mug "), 0.1) == "the red mug"
    assert gate.instruction(message("the red mug"), 0.5) is None
    assert gate.instruction(message("the red mug"), 3.0) == "the red mug"
    assert gate.instruction(message("the bowl", 0.3), 3.1) is None
    assert gate.instruction(message("the bowl", 0.0), 3.2) == "the bowl"
    assert (gate.num_refused, gate.num_repeated) == (1, 1)


def test_without_hri_msgs_there_is_no_subscription(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hri_msgs.msg", None)
    assert subscribe(rig.node, "speech", lambda message: None) is None


def test_wav_files_with_the_real_models(tmp_path: Path) -> None:
    real_pipeline()  # skips where something is missing
    for number, text in enumerate(("Give me the blue bottle, please.", "Something I can sit on.")):
        samples, rate_hz = synthesis.speak(text)
        with wave.open(str(tmp_path / f"{number}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate_hz)
            file.writeframes(to_int16(samples).tobytes())
    domain = free_domain()
    arguments = ros_parameters(source="wav", wav_path=tmp_path, wav_paced=False, min_confidence=0.2)
    process = NodeProcess(MODULE, arguments, domain=domain, tmp_path=tmp_path)
    client = Client(domain)
    instructions = client.listen(String, "instruction")
    try:
        client.wait_for(lambda: len(instructions) == 2 or not process.is_alive, 90.0)
        assert process.wait(20) == 0, process.log
        assert words_of(instructions[1].data) == words_of("Something I can sit on.")
    finally:
        client.close()
        process.kill()


def test_a_microphone_without_its_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(AudioError, match="libportaudio2"):
        Microphone("", PieceQueue(), now_s=lambda: 0.0)


def test_of_too_much_sound_the_oldest_goes() -> None:
    queue = PieceQueue(max_s=1.0)
    queue.put(True)
    for number in range(15):
        sound = np.full(1600, number, np.float32)
        queue.put(Piece(samples=sound, rate_hz=RATE_HZ, start_s=0.1 * number, arrival_s=0.0))
    assert queue.num_dropped == 5
    assert queue.take(0.0) is True
    first = queue.take(0.0)
    assert isinstance(first, Piece)
    assert first.samples[0] == 5


def test_the_parameter_file_holds_every_parameter_at_its_default() -> None:
    path = Path(__file__).resolve().parents[2] / "config" / "speech.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))["/**/speech"]["ros__parameters"]
    assert values == {spec.name: spec.default for spec in SPEECH_SPECS}


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"source": "wav", "wav_path": "/nowhere/at/all.wav"}, "wav_path"),
        ({"source": "radio"}, "source"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(tmp_path: Path, parameters: dict[str, Any], text: str) -> None:
    process = NodeProcess(MODULE, ros_parameters(**parameters), domain=free_domain(), tmp_path=tmp_path)
    try:
        assert process.wait(60) == 2, process.log
        assert text in process.log
        assert "Traceback" not in process.log
    finally:
        process.kill()


@pytest.mark.alone
def test_it_ends_on_a_signal(tmp_path: Path) -> None:
    real_pipeline()
    process = NodeProcess(MODULE, ros_parameters(), domain=free_domain(), tmp_path=tmp_path)
    try:
        process.wait_for_log("listening to: topic")
        code, spent_s = process.stop(signal.SIGINT)
        assert code == 0
        assert spent_s < 3.0
    finally:
        process.kill()
