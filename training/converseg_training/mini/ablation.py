"""What the parts of ``mini`` are worth on photos, five-fold: a row for each part that is left out.

    python -m converseg_training.mini.ablation --panoptic P --models F... --pixels W... --work DIR --out OUT

P, the five F and the questions are those of ``converseg_training.mini.five_fold``. The five W are weights of
``converseg_training.mini.stuff --pixels-only --num-epochs 2 --num-views 5 --fold K``. DIR keeps finished
photos: run it again to go on. OUT gets photos.json and photos.md.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converseg_core.bundle import read_manifest
from converseg_core.mini.engine import MiniModel
from converseg_core.mini.language import LanguageEncoder
from converseg_core.mini.photo import PhotoFrame, PhotoReader, PhotoSettings
from converseg_core.mini.phrase_book import PhraseBook, known_phrases, read_vectors
from converseg_core.mini.stretches import sureness
from converseg_core.mini.weights import open_graph
from converseg_core.mini.wordpiece import WordPieceTokenizer
from converseg_training.mini.answers import NUM_FOLDS, folds_of
from converseg_training.mini.conversation import conversation
from converseg_training.mini.photo_prompts import Question, template_questions
from converseg_training.mini.photo_views import panoptic_photos
from converseg_training.mini.stuff import PixelCells

ROWS = {
    "full": "nothing left out",
    "without real photos": (
        "no cell classifier, so nothing is known of stuff; the detectors' own classes remain (the six "
        "numbers that weigh one detector against the other, fitted on other photos, stay)"
    ),
    "without negatives": (
        "no limit that was chosen so that absent things get no answer: any score of a detector that is kept "
        "at all and any share of a cell counts as there, and what a photo does not show is as likely meant"
    ),
    "without pretrained parts": (
        "no detectors, no mask network, no MiniLM: the grammar, the lists of words, and a cell classifier "
        "that sees colours and places alone, trained on five views of the same photos for two epochs"
    ),
}
COLUMNS = ("class-thing", "class-stuff", "affordance", "absent", "spoken")
_TITLES = ("things", "stuff", "purposes", "absent things right", "spoken, with a target")
_NO_LIMITS = PhotoSettings(min_score=0.0, min_picked=0.0, min_sure=0.0, absent_behind=0.0)


class _NoLanguage:
    """In place of MiniLM: no words are near to any others."""

    def sentence(self, text: str) -> NDArray[np.float32]:
        """(1,) zeros."""
        del text
        return np.zeros(1, np.float32)


def readers(bundle: Path) -> dict[str, PhotoReader]:
    """What reads the prompts in each row."""
    paths = {role: bundle / item.path for role, item in read_manifest(bundle).files.items()}
    language = LanguageEncoder(
        session=open_graph(paths["language"], paths["language_weights"]),
        tokenizer=WordPieceTokenizer.from_file(paths["vocabulary"]),
    )
    book = PhraseBook(language, read_vectors(paths["phrases"]))
    nothing: Any = _NoLanguage()
    alone = PhraseBook(nothing, np.zeros((len(known_phrases()), 1), np.float32))
    return {
        "full": PhotoReader(book),
        "without real photos": PhotoReader(book),
        "without negatives": PhotoReader(book, _NO_LIMITS),
        "without pretrained parts": PhotoReader(alone),
    }


def frames(photo: PhotoFrame, pixels: PixelCells) -> dict[str, PhotoFrame]:
    """What each row knows of one photo; masks of boxes are shared, since no row changes them."""

    def nothing(box: object) -> NDArray[np.bool_]:
        del box
        return np.zeros(photo.image.shape[:2], np.bool_)

    shares = pixels.shares(photo.image)
    no_cells = replace(photo, cells_khw=np.zeros_like(shares), sure_k=np.zeros(len(shares), np.float32))
    usual = sureness(shares, np.full(len(shares), 0.1, np.float32))
    seen = PhotoFrame(photo.image, (), shares, usual, nothing)
    return {
        "full": photo,
        "without real photos": no_cells,
        "without negatives": photo,
        "without pretrained parts": seen,
    }


def answered(frame: PhotoFrame, reader: PhotoReader, question: Question) -> float:
    """IoU; 1 where nothing fits and nothing is found, 0 where the words are not known."""
    understood = reader.understand(question.prompt)
    if understood is None:
        return 0.0
    mask = reader.answer(frame, understood).mask
    union = int((mask | question.mask).sum())
    return float((mask & question.mask).sum() / union) if union else 1.0


def measure_photo(
    model: MiniModel,
    by_row: dict[str, PhotoReader],
    pixels: PixelCells,
    image: NDArray[np.uint8],
    questions: Sequence[Question],
    spoken: Sequence[Question],
) -> list[dict[str, Any]]:
    """A line an answer: row, kind of the question, IoU."""
    encoded = model.encode(image)
    assert encoded.trained is not None
    asked = [(item.subfamily, item) for item in questions]
    asked += [("spoken", item) for item in spoken if item.mask.any()]
    return [
        {"row": row, "kind": kind, "iou": answered(frame, by_row[row], question)}
        for row, frame in frames(encoded.trained.photo, pixels).items()
        for kind, question in asked
    ]


def table(lines: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Row -> column -> mean."""
    return {
        row: {
            kind: float(
                np.mean([line["iou"] for line in lines if (line["row"], line["kind"]) == (row, kind)])
            )
            for kind in COLUMNS
        }
        for row in ROWS
    }


def markdown(figures: dict[str, dict[str, float]], counts: dict[str, int]) -> str:
    """The page of the report."""
    lines = ["# `mini` on photos without some of its parts, five-fold", ""]
    heads = [f"{title} ({counts[kind]})" for title, kind in zip(_TITLES, COLUMNS, strict=True)]
    lines += ["| | " + " | ".join(heads) + " |", "| --- " * (len(COLUMNS) + 1) + "|"]
    for row, found in figures.items():
        cells = [
            f"{100 * found[kind]:.0f} %" if kind == "absent" else f"{found[kind]:.3f}" for kind in COLUMNS
        ]
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    lines += ["", "Mean IoU; in brackets the number of questions. What each row leaves out:", ""]
    lines += [f"- *{row}*: {meaning}." for row, meaning in ROWS.items()]
    return "\n".join(lines) + "\n"


def measure(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Every photo with the model of its fold; finished ones are read back."""
    args.work.mkdir(parents=True, exist_ok=True)
    photos = dict(panoptic_photos(args.panoptic))
    folds = folds_of(list(photos))
    templates = {path.name: asked for path, asked in template_questions(args.panoptic)}
    spoken = {path.name: asked for path, asked in conversation(args.panoptic)}
    lines: list[dict[str, Any]] = []
    for fold in range(NUM_FOLDS):
        ours = [name for name in photos if folds[name] == fold]
        left = [name for name in ours if not (args.work / f"{name}.json").exists()]
        if left:
            bundle = args.models[fold]
            model = MiniModel.from_bundle(bundle, read_manifest(bundle), device="cpu", runtime="onnxruntime")
            by_row, pixels = readers(bundle), PixelCells(args.pixels[fold])
            for name in left:
                found = measure_photo(
                    model, by_row, pixels, photos[name].image, templates[name], spoken.get(name, [])
                )
                (args.work / f"{name}.json").write_text(json.dumps(found))
                print(name, flush=True)
        for name in ours:
            lines += json.loads((args.work / f"{name}.json").read_text())
    return lines


def main() -> None:
    """Measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--panoptic", type=Path, required=True)
    parser.add_argument("--models", type=Path, nargs=NUM_FOLDS, required=True)
    parser.add_argument("--pixels", type=Path, nargs=NUM_FOLDS, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    lines = measure(args)
    full = [line for line in lines if line["row"] == "full"]
    counts = {kind: sum(line["kind"] == kind for line in full) for kind in COLUMNS}
    figures = table(lines)
    args.out.mkdir(parents=True, exist_ok=True)
    content = {"counts": counts, "rows": figures, "meaning": ROWS}
    (args.out / "photos.json").write_text(json.dumps(content, indent=1) + "\n")
    (args.out / "photos.md").write_text(markdown(figures, counts))
    print(markdown(figures, counts))


if __name__ == "__main__":
    main()
