"""Word error rate of the whole way from sound to words, on synthesised speech.

    .venv/bin/python benchmarks/speech_word_errors.py

espeak-ng speaks sentences as people put them to the segmenter, in several voices; the stream goes through
the detector and Whisper tiny.en as in the node. A robotic voice is harder for Whisper than a person in a
quiet room and easier than one in a kitchen: the figure compares versions, it does not promise anything.
"""

from __future__ import annotations

import time
from typing import Any

import results

from converseg_core.speech.detector import SileroProbability, UtteranceFinder
from converseg_core.speech.pipeline import SpeechPipeline, SpeechSettings
from converseg_core.speech.synthesis import speak, with_silence
from converseg_core.speech.transcriber import WhisperTranscriber
from converseg_core.speech.wording import WordErrors, word_errors

SENTENCES = (
    # entities
    "the red mug",
    "the yellow banana on the table",
    "a wooden spoon with a long handle",
    "the small green bottle",
    "all the books on the shelf",
    "the handle of the frying pan",
    "the white plate with a blue rim",
    "the laptop that is open",
    "the black chair",
    # places
    "the cup to the left of the laptop",
    "the bowl closest to the camera",
    "the second bottle from the right",
    "the box behind the vase",
    "the book in the lower left corner",
    "the can between the two candles",
    "the chair furthest from the door",
    "the tallest thing on the table",
    "what is right in front of the mug",
    # relations
    "the bowl that holds the two balls",
    "the book under the coffee cup",
    "the plate that the apple is lying on",
    "the person who is holding the umbrella",
    "the box that supports the bottle",
    "the towel hanging over the chair",
    "the lid that belongs to the pot",
    "the lamp that lights the desk",
    "the shoe without a partner",
    # affordances
    "what can I use to cut the bread",
    "something I can sit on",
    "where can I put my coffee down",
    "a tool to drive a nail into the wall",
    "the part of the knife I should hold",
    "what could I drink from",
    "something to write a note with",
    "a container that could hold some soup",
    "what should I grab to open the drawer",
    # physics
    "the bottle that would fall if I pulled the book away",
    "which object could roll off the table",
    "the thing most likely to break when dropped",
    "the heaviest object in the picture",
    "the glass that is about to tip over",
    "what must I move before I can lift the box",
    "the surface that is too hot to touch",
    "the cable somebody could trip over",
    "the part that keeps the shelf from sliding",
)
VOICES = ("en-us", "en-gb", "en-us+f3")
WORDS_A_MINUTE = 150
COLUMNS = ("voice", "sentences", "words", "errors", "word error rate", "all right", "not one utterance",
           "seconds of speech", "processor seconds")  # fmt: skip


def row(voice: str, whisper: WhisperTranscriber) -> dict[str, Any]:
    """One voice through all sentences."""
    errors, num_right, num_split, spoken_s = WordErrors(num_errors=0, num_words=0), 0, 0, 0.0
    start_s = time.process_time()
    for sentence in SENTENCES:
        samples, rate_hz = speak(sentence, voice=voice, words_per_minute=WORDS_A_MINUTE)
        spoken_s += len(samples) / rate_hz
        pipeline = SpeechPipeline(
            UtteranceFinder(SileroProbability()), whisper, SpeechSettings(min_confidence=0.0)
        )
        heard = pipeline.feed(with_silence(samples, rate_hz), rate_hz, 0.0) + pipeline.finish()
        found = word_errors(sentence, " ".join(each.text for each in heard))
        errors += found
        num_right += found.num_errors == 0
        num_split += len(heard) != 1
    return {
        "voice": voice,
        "sentences": len(SENTENCES),
        "words": errors.num_words,
        "errors": errors.num_errors,
        "word error rate": errors.rate,
        "all right": num_right,
        "not one utterance": num_split,
        "seconds of speech": spoken_s,
        "processor seconds": time.process_time() - start_s,
    }


def main() -> None:
    """Measure and write ``results/speech_word_errors``; says what is missing where it can't."""
    try:
        whisper = WhisperTranscriber()
        rows = [row(voice, whisper) for voice in VOICES]
    except (ImportError, ValueError) as error:
        raise SystemExit(f"speech_word_errors: {error}") from error
    results.write("speech_word_errors", {**results.machine(), "model": "Whisper tiny.en"}, COLUMNS, rows)


if __name__ == "__main__":
    main()
