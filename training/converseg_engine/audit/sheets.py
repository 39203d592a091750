"""PNG sheets of twelve rows, to look at 300 rows quickly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.overlay import text
from converseg_engine.audit.picture import with_mask
from converseg_engine.audit.sample import AuditRow

NUM_COLUMNS, ROWS_PER_SHEET = 3, 12
CELL_WIDTH, GAP = 480, 16
PROMPT_PX, SMALL_PX = 22, 16
EXAMPLE_SCALE = 0.6
_LINE = 1.3
_PAPER, _INK, _SOFT, _AMBER = (255, 255, 255), (20, 24, 29), (90, 101, 112), (150, 95, 0)
_MAX_CAPTION_HEIGHT = round(_LINE * (3 * PROMPT_PX + 6 * SMALL_PX)) + 16


def render_sheet(rows: Sequence[AuditRow]) -> NDArray[np.uint8]:
    """Up to twelve rows as one picture, (H, W, 3) uint8 RGB.

    Raises:
        ValueError: no row, or too many.
    """
    if not 1 <= len(rows) <= ROWS_PER_SHEET:
        raise ValueError(f"rows: 1 to {ROWS_PER_SHEET}, not {len(rows)}")
    cells = [_cell(row) for row in rows]
    num_lines = -(-len(cells) // NUM_COLUMNS)
    height = max(cell.shape[0] for cell in cells)
    sheet = np.full(
        (num_lines * (height + GAP) + GAP, NUM_COLUMNS * (CELL_WIDTH + GAP) + GAP, 3), 228, dtype=np.uint8
    )
    for k, cell in enumerate(cells):
        y, x = GAP + (k // NUM_COLUMNS) * (height + GAP), GAP + (k % NUM_COLUMNS) * (CELL_WIDTH + GAP)
        sheet[y : y + cell.shape[0], x : x + CELL_WIDTH] = cell
    return sheet


def _cell(row: AuditRow) -> NDArray[np.uint8]:
    picture, question = with_mask(row, width=CELL_WIDTH), row.question
    caption = np.full((_MAX_CAPTION_HEIGHT, CELL_WIDTH, 3), _PAPER, dtype=np.uint8)
    y = 6

    def write(words: str, size_px: int, weight: int, colour: tuple[int, int, int], max_lines: int) -> None:
        nonlocal y
        width = CELL_WIDTH - 16
        for line in text.wrap(text.clean(words), width, size_px, weight, max_lines=max_lines):
            y += round(_LINE * size_px)
            text.draw(caption, line, 8, y, size_px=size_px, weight=weight, colour=colour)

    write(f"{row.number}. {question.prompt}", PROMPT_PX, 700, _INK, 3)
    if question.no_target:
        write(f"NOTHING FITS: {question.no_target_reason or 'no reason given'}", SMALL_PX, 700, _AMBER, 1)
    write(question.evidence or "no evidence given", SMALL_PX, 500, _INK, 3)
    kind = " / ".join(s for s in (question.concept, question.subfamily, question.meaning) if s)
    write(f"{question.id}  {kind}", SMALL_PX - 3, 400, _SOFT, 2)
    return np.concatenate([picture, caption[: y + 12]])


def write_sheets(rows: Sequence[AuditRow], folder: Path) -> list[Path]:
    """All rows as ``sheet-01.png``, ``sheet-02.png``, ...

    Raises:
        RuntimeError: the PNG encoder failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for first in range(0, len(rows), ROWS_PER_SHEET):
        path = folder / f"sheet-{first // ROWS_PER_SHEET + 1:02d}.png"
        good, encoded = cv2.imencode(".png", render_sheet(rows[first : first + ROWS_PER_SHEET])[..., ::-1])
        if not good:
            raise RuntimeError(f"the PNG encoder failed for {path}")
        partial_path = path.with_name(f".{path.name}.partial")
        partial_path.write_bytes(encoded.tobytes())
        partial_path.replace(path)
        written.append(path)
    return written


def write_examples(by_family: Mapping[str, Sequence[AuditRow]], folder: Path) -> list[Path]:
    """One small JPEG for each family, ``questions-FAMILY.jpg``, for the docs.

    Raises:
        RuntimeError: the JPEG encoder failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for family, rows in by_family.items():
        sheet = render_sheet(rows[:ROWS_PER_SHEET])[..., ::-1]
        size = (round(sheet.shape[1] * EXAMPLE_SCALE), round(sheet.shape[0] * EXAMPLE_SCALE))
        small = cv2.resize(sheet, size, interpolation=cv2.INTER_AREA)
        good, encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])
        path = folder / f"questions-{family}.jpg"
        if not good:
            raise RuntimeError(f"the JPEG encoder failed for {path}")
        partial_path = path.with_name(f".{path.name}.partial")
        partial_path.write_bytes(encoded.tobytes())
        partial_path.replace(path)
        written.append(path)
    return written
