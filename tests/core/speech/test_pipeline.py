"""From sound to instructions, with stand-ins for the two models: what they say is set by the test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converseg_core.speech.audio import RATE_HZ, Samples
from converseg_core.speech.detector import CHUNK, CHUNK_S, FinderSettings, UtteranceFinder
from converseg_core.speech.pipeline import SpeechPipeline, SpeechSettings
from converseg_core.speech.transcriber import Transcript
from converseg_core.speech.wording import after_wake_word, edit_distance, word_errors, words_of


class Loudness:
    """Takes the mean of a piece for its probability."""

    num_resets = 0

    def probability(self, chunk: Samples) -> float:
        return float(chunk.mean())

    def reset(self) -> None:
        self.num_resets += 1


class Script:
    """Says the next line, whatever it hears."""

    def __init__(self, *lines: tuple[str, float]) -> None:
        self.lines = list(lines)
        self.lengths_s: list[float] = []

    def transcribe(self, samples: Samples) -> Transcript:
        self.lengths_s.append(len(samples) / RATE_HZ)
        text, confidence = self.lines.pop(0)
        return Transcript(text=text, confidence=confidence)


def sound(*stretches: tuple[float, float]) -> Samples:
    return np.concatenate([np.full(round(s * RATE_HZ), level, np.float32) for level, s in stretches])


def pipeline(*lines: tuple[str, float], **settings_: object) -> SpeechPipeline:
    return SpeechPipeline(UtteranceFinder(Loudness()), Script(*lines), SpeechSettings(**settings_))  # type: ignore[arg-type]


SENTENCE = sound((0.0, 1.0), (0.9, 1.0), (0.0, 1.0))


def test_an_utterance_is_heard_once_with_its_place() -> None:
    pipe = pipeline(("Take the red mug.", 0.8))
    (heard,) = pipe.feed(SENTENCE, RATE_HZ, 100.0)
    assert heard.is_accepted
    assert heard.text == "Take the red mug."
    assert heard.start_s == pytest.approx(100.7, abs=0.1)
    assert heard.end_s == pytest.approx(102.6, abs=0.1)
    assert pipe.finish() == []
    assert pipe.counts == {"accepted": 1}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (("", 0.0), "no words"),
        ((" ... ", 0.9), "no words"),
        (("take the mug", 0.2), "low confidence"),
        (("x" * 600, 0.9), "too long"),
    ],
)
def test_what_is_refused_says_why(line: tuple[str, float], reason: str) -> None:
    pipe = pipeline(line)
    (heard,) = pipe.feed(SENTENCE, RATE_HZ, 0.0)
    assert heard.reason == reason
    assert pipe.counts == {reason: 1}


def test_wake_word_before_alone_and_missing() -> None:
    pipe = pipeline(
        ("take the mug", 0.9),
        ("Hey Robot, take the red mug.", 0.9),
        ("hey robot", 0.9),
        ("the bowl", 0.9),
        ("the bowl", 0.9),
        wake_word="hey robot",
        wake_window_s=5.0,
    )
    heard = [pipe.feed(SENTENCE, RATE_HZ, 3.0 * number)[0] for number in range(5)]
    assert [each.reason for each in heard] == ["no wake word", "", "wake word only", "", "no wake word"]
    assert heard[1].text == "take the red mug."
    assert heard[3].text == "the bowl"


def test_after_the_window_the_wake_word_is_needed_again() -> None:
    pipe = pipeline(("hey robot", 0.9), ("the bowl", 0.9), wake_word="hey robot", wake_window_s=2.0)
    pipe.feed(SENTENCE, RATE_HZ, 0.0)
    (heard,) = pipe.feed(SENTENCE, RATE_HZ, 3.0 + 4.0)
    assert heard.reason == "no wake word"


def test_the_robot_does_not_listen_to_itself() -> None:
    pipe = pipeline(("the user", 0.9), quiet_tail_s=0.5)
    pipe.robot_speaks(True)
    assert pipe.feed(SENTENCE, RATE_HZ, 0.0) == []
    pipe.robot_speaks(False)
    assert pipe.feed(sound((0.9, 0.4)), RATE_HZ, 3.0) == []  # its echo
    (heard,) = pipe.feed(SENTENCE, RATE_HZ, 3.55)
    assert heard.text == "the user"
    assert pipe.counts["samples not listened to"] == len(SENTENCE) + round(0.4 * RATE_HZ)


def test_an_utterance_that_the_robot_interrupts_is_dropped_and_counted() -> None:
    pipe = pipeline()
    assert pipe.feed(sound((0.9, 0.8)), RATE_HZ, 0.0) == []
    pipe.robot_speaks(True)
    assert pipe.finish() == []
    assert pipe.counts["interrupted by the robot"] == 1


def test_a_gap_ends_an_utterance_and_joins_nothing() -> None:
    pipe = pipeline(("one", 0.9), ("two", 0.9))
    assert pipe.feed(sound((0.9, 0.8)), RATE_HZ, 10.0) == []
    (one,) = pipe.feed(sound((0.9, 0.8), (0.0, 1.0))[:8000], RATE_HZ, 20.0)
    assert (one.text, one.end_s) == ("one", pytest.approx(10.8, abs=0.05))
    assert pipe.counts["gaps"] == 1
    (two,) = pipe.finish()
    assert two.start_s == pytest.approx(20.0, abs=0.05)


def test_other_rates_and_their_change() -> None:
    pipe = pipeline(("one", 0.9), ("two", 0.9))
    slow = np.concatenate([np.full(22_050, 0.9, np.float32), np.zeros(22_050, np.float32)])
    assert pipe.feed(slow, 22_050, 0.0)[0].text == "one"
    assert pipe.feed(SENTENCE, RATE_HZ, 2.0)[0].text == "two"


def test_long_utterances_are_cut_and_clicks_are_none() -> None:
    finder = UtteranceFinder(Loudness(), FinderSettings(max_utterance_s=2.0))
    cut = finder.feed(sound((0.9, 5.0), (0.0, 1.0)))
    assert [each.was_cut for each in cut] == [True, True, False]
    assert finder.feed(sound((0.9, 0.1), (0.0, 1.0))) == []
    assert finder.num_short == 1


@given(
    st.lists(st.floats(0, 1, width=32), max_size=120), st.lists(st.integers(1, 2000), min_size=1, max_size=5)
)
@settings(deadline=None, max_examples=100)
def test_cutting_does_not_depend_on_the_pieces(levels: list[float], lengths: Sequence[int]) -> None:
    whole = np.repeat(np.array(levels, np.float32), CHUNK)
    rules = FinderSettings(pause_s=0.2, lead_s=0.1, max_utterance_s=1.0)
    at_once, in_pieces = UtteranceFinder(Loudness(), rules), UtteranceFinder(Loudness(), rules)
    expected = at_once.feed(whole) + at_once.finish()
    found, first = [], 0
    while first < len(whole):
        length = lengths[first % len(lengths)]
        found += in_pieces.feed(whole[first : first + length])
        first += length
    found += in_pieces.finish()
    assert [(each.start_s, each.end_s) for each in found] == [(e.start_s, e.end_s) for e in expected]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one.samples, other.samples)
        assert len(one.samples) <= (1.0 + 0.1 + 3 * CHUNK_S) * RATE_HZ
        # What was cut out lies in the stream where it says.
        start = round(one.start_s / CHUNK_S) * CHUNK
        np.testing.assert_array_equal(one.samples, whole[start : start + len(one.samples)])


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Hey robot, take the mug", "take the mug"),
        ("hey Robert take it", None),
        ("um hey robot! What's hot?", "What's hot?"),
        ("hey robots take it", "take it"),
        ("take the mug, hey robot", None),
        ("hey", None),
    ],
)
def test_wake_words(text: str, rest: str | None) -> None:
    assert after_wake_word(text, "Hey Robot") == rest


def test_word_errors_by_hand() -> None:
    errors = word_errors("Take the 2 red mugs!", "take a red mugs please")
    assert (errors.num_errors, errors.num_words) == (3, 5)
    assert (errors + errors).rate == pytest.approx(0.6)
    assert word_errors("", "x").rate == 0.0
    assert words_of("Well-known: it's 3.") == ["well", "known", "it's", "three"]


@given(st.text("abc", max_size=8), st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_edit_distance_is_a_distance(a: str, b: str, c: str) -> None:
    assert edit_distance(a, b) == edit_distance(b, a)
    assert (edit_distance(a, b) == 0) == (a == b)
    assert edit_distance(a, c) <= edit_distance(a, b) + edit_distance(b, c)
    assert abs(len(a) - len(b)) <= edit_distance(a, b) <= max(len(a), len(b))


@pytest.mark.parametrize(
    "changes", [{"start_probability": 0.1}, {"min_speech_s": 99.0}, {"pause_s": 0.0}, {"lead_s": -1.0}]
)
def test_finder_settings_are_checked(changes: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        FinderSettings(**changes)
