"""Parameters of the speech node."""

from __future__ import annotations

from pathlib import Path

from rclpy.node import Node

from converseg_core.speech.detector import FinderSettings, SileroProbability, UtteranceFinder
from converseg_core.speech.pipeline import SpeechPipeline, SpeechSettings
from converseg_core.speech.transcriber import WhisperTranscriber
from converseg_ros.process.lifeline import UsageError
from converseg_ros.segmenter import parameters
from converseg_ros.segmenter.parameters import Spec

SPEECH_SPECS = (
    Spec(
        name="source",
        default="topic",
        choices=("topic", "microphone", "wav"),
        description="Where sound comes from: the topic 'audio', a microphone, or WAV files.",
    ),
    Spec(
        name="microphone", default="", description="Name of the microphone; empty: the system's own choice."
    ),
    Spec(name="wav_path", default="", description="WAV file, or folder of WAV files, for source wav."),
    Spec(
        name="wav_paced",
        default=True,
        description="Play WAV files as slowly as they were recorded; false: as fast as they are understood.",
    ),
    Spec(
        name="wait_for_subscriber_s",
        default=10.0,
        low=0.0,
        high=600.0,
        description="Seconds that WAV files wait for somebody who listens to the instructions.",
    ),
    Spec(
        name="model_path",
        default="",
        description="Folder of a Whisper model in faster-whisper's format; empty: the packaged tiny.en.",
    ),
    Spec(name="device", default="auto", choices=("auto", "cpu", "cuda"), description="Where Whisper runs."),
    Spec(name="num_threads", default=1, low=1, high=64, description="Processor threads of Whisper."),
    Spec(name="language", default="en", description="Language that is spoken, ISO code."),
    Spec(
        name="likely_words", default="", description="Words that are likely to be said; they are preferred."
    ),
    Spec(
        name="min_confidence",
        default=0.4,
        low=0.0,
        high=1.0,
        description="Less sure utterances are not published as instructions.",
    ),
    Spec(name="wake_word", default="", description="Instructions must begin with it; empty: none is needed."),
    Spec(
        name="wake_window_s",
        default=6.0,
        low=0.0,
        high=60.0,
        description="After the wake word alone, seconds in which an instruction needs none.",
    ),
    Spec(
        name="quiet_tail_s",
        default=0.4,
        low=0.0,
        high=10.0,
        description="Seconds of echo after the robot has spoken that are not listened to.",
    ),
    Spec(
        name="start_probability",
        default=0.5,
        low=0.01,
        high=1.0,
        description="Probability of speech that begins an utterance.",
    ),
    Spec(
        name="pause_s", default=0.6, low=0.1, high=10.0, description="Pause, seconds, that ends an utterance."
    ),
    Spec(
        name="max_utterance_s",
        default=15.0,
        low=1.0,
        high=29.0,
        description="Longest utterance, seconds; Whisper hears 30 s at once.",
    ),
)


def load_pipeline(node: Node) -> SpeechPipeline:
    """Load the models that the parameters name.

    Raises:
        UsageError: a parameter is wrong.
        ImportError: the extra ``speech`` is not installed.
    """

    def value(name: str) -> object:
        return parameters.value(node, name)

    def number(name: str) -> float:
        return float(parameters.value(node, name))

    start = number("start_probability")
    try:
        finder_settings = FinderSettings(
            start_probability=start,
            stop_probability=0.7 * start,
            pause_s=number("pause_s"),
            max_utterance_s=number("max_utterance_s"),
        )
        settings = SpeechSettings(
            min_confidence=number("min_confidence"),
            wake_word=str(value("wake_word")),
            wake_window_s=number("wake_window_s"),
            quiet_tail_s=number("quiet_tail_s"),
        )
        folder = str(value("model_path"))
        transcriber = WhisperTranscriber(
            Path(folder).expanduser() if folder else None,
            device=str(value("device")),
            num_threads=int(number("num_threads")),
            language=str(value("language")),
            words=str(value("likely_words")),
        )
    except ValueError as error:
        raise UsageError(f"parameters: {error}") from error
    finder = UtteranceFinder(SileroProbability(), finder_settings)
    return SpeechPipeline(finder=finder, transcriber=transcriber, settings=settings)
