"""Prompts: one concept family at a time, what some marked regions satisfy and what nothing does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from converseg_core.evaluation.rle import Rle, encode, union_of
from converseg_engine.vlm.ask import Answered, Ask
from converseg_engine.vlm.pictures import Picture
from converseg_engine.vlm.prompt_texts import render, source_text
from converseg_engine.vlm.replies import MAX_NEGATIVES, MAX_POSITIVES, PromptsReply, prompts_check
from converseg_engine.vlm.rows import FamilyRow, Outcome, RegionRow
from converseg_engine.vlm.stages.source import Source

MIN_MARKS = 2
"""With fewer, no prompt could leave a marked region out."""


@dataclass(frozen=True)
class Draft:
    """A prompt that the generator wrote, with the mask that it means.

    Attributes:
        id: of the row that it will become.
        concept: family.
        prompt: the words.
        why: the generator's reason.
        regions: marks; none for a prompt that nothing satisfies.
        parents: ids of the family's row and of the regions' rows.
        mask: union of the regions, of the photo's size.
    """

    id: str
    concept: str
    prompt: str
    why: str
    regions: tuple[int, ...]
    parents: tuple[str, ...]
    mask: Rle

    @property
    def no_target(self) -> bool:
        """Whether nothing shall fit."""
        return not self.regions


def region_line(row: RegionRow) -> str:
    """A marked region's words on one line."""
    words = {
        "label": row.label,
        "attributes": list(row.attributes),
        "location": row.location,
        "relation": row.relation,
        "box": list(row.box),
    }
    return f"{row.mark}: {json.dumps(words, ensure_ascii=False)}"


def ask_prompts(
    plain: Picture, marked: Picture, regions: Sequence[RegionRow], concept: str
) -> Ask[PromptsReply]:
    """What would a person say here, in this family."""
    family = f"family-{concept}"
    return Ask(
        stage="prompts",
        role="generator",
        text=render(
            "prompts",
            parts=(family,),
            num_marks=len(regions),
            regions=[region_line(row) for row in regions],
            concept=concept,
            family=source_text(family).strip(),
            max_positives=MAX_POSITIVES,
            max_negatives=MAX_NEGATIVES,
        ),
        pictures=(plain, marked),
        schema=PromptsReply,
        check=prompts_check(len(regions)),
    )


def read_prompts(
    source: Source, regions: Sequence[RegionRow], concept: str, answered: Answered[PromptsReply]
) -> tuple[FamilyRow, tuple[Draft, ...]]:
    """The family's row, and its prompts."""
    family_id = f"{source.id}-{concept}"
    drafts: list[Draft] = []
    reply = answered.value
    if reply is not None:
        by_mark = {row.mark: row for row in regions}
        for k, positive in enumerate(reply.positives, start=1):
            rows = [by_mark[mark] for mark in sorted(positive.regions)]
            drafts.append(
                Draft(
                    id=f"{family_id}-p{k}",
                    concept=concept,
                    prompt=positive.prompt,
                    why=positive.why,
                    regions=tuple(row.mark for row in rows),
                    parents=(family_id, *(row.id for row in rows)),
                    mask=union_of([row.mask() for row in rows]),
                )
            )
        nothing = encode(np.zeros((source.height, source.width), np.bool_))
        for k, negative in enumerate(reply.negatives, start=1):
            drafts.append(
                Draft(f"{family_id}-n{k}", concept, negative.prompt, negative.why, (), (family_id,), nothing)
            )
    if reply is None:
        outcome, reason = Outcome.ERROR, f"prompts: {answered.fault}"
    elif not drafts:
        outcome, reason = Outcome.REJECT, "the generator has nothing to say in this family"
    else:
        outcome, reason = Outcome.ACCEPT, f"{len(drafts)} prompts written"
    row = FamilyRow(
        id=family_id,
        parents=(source.id, *(region.id for region in regions)),
        photo=source.id,
        photo_sha256=source.sha256,
        licence=source.licence,
        outcome=outcome,
        reason=reason,
        calls=answered.calls,
        concept=concept,
        num_prompts=len(drafts),
    )
    return row, tuple(drafts)
