"""One HTML file with every row of a sample: picture, mask, prompt, evidence, filters, verdicts."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from converseg_core.images import encode_jpeg
from converseg_engine.audit.picture import with_mask
from converseg_engine.audit.sample import AuditRow
from converseg_engine.audit.verdicts import COLUMNS, VERDICTS

PICTURE_WIDTH = 400


def _uri(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"


def _card(row: AuditRow) -> dict[str, Any]:
    question, picture = row.question, row.picture
    return {
        "number": row.number,
        "id": question.id,
        "prompt": question.prompt,
        "concept": question.concept,
        "subfamily": question.subfamily,
        "meaning": question.meaning or question.template,
        "evidence": question.evidence,
        "no_target": question.no_target,
        "reason": question.no_target_reason,
        "held_out": question.held_out,
        "place": picture.place,
        "seed": picture.scene_seed,
        "plain": _uri(picture.image),
        "masked": _uri(encode_jpeg(with_mask(row, width=PICTURE_WIDTH), 85)),
    }


def render_page(rows: Sequence[AuditRow], *, title: str) -> str:
    """The page; it fetches nothing and works from a file."""
    environment = Environment(
        loader=PackageLoader("converseg_engine.audit"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    cards = [_card(row) for row in rows]
    groups = {
        c: [card for card in cards if card["concept"] == c] for c in sorted({c["concept"] for c in cards})
    }
    return environment.get_template("audit.html.j2").render(
        title=title,
        groups=groups,
        num_rows=len(cards),
        num_nothing=sum(card["no_target"] for card in cards),
        subfamilies=sorted({card["subfamily"] for card in cards if card["subfamily"]}),
        places=sorted({card["place"] for card in cards if card["place"]}),
        verdicts=VERDICTS,
        columns=json.dumps(COLUMNS),
    )


def write_page(rows: Sequence[AuditRow], path: Path, *, title: str) -> None:
    """Write the page so that it appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial_path = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial_path.write_text(render_page(rows, title=title), encoding="utf-8")
    partial_path.replace(path)
