"""Last check: is the mask the whole answer, and is nothing there where nothing shall be."""

from __future__ import annotations

import json

from converseg_engine.vlm.ask import Answered, Ask
from converseg_engine.vlm.pictures import TINT_NAME, Picture
from converseg_engine.vlm.prompt_texts import render
from converseg_engine.vlm.replies import AbsentReply, AlignReply
from converseg_engine.vlm.rows import Outcome, PromptRow
from converseg_engine.vlm.stages.prompts import Draft
from converseg_engine.vlm.stages.source import Source

ALIGN_CHECKS = ("matches", "exhaustive", "mask")
ABSENT_CHECKS = ("absent",)


def ask_align(plain: Picture, tinted: Picture, draft: Draft) -> Ask[AlignReply]:
    """Is this mask the whole answer to this prompt."""
    return Ask(
        stage="align",
        role="verifier",
        text=render(
            "align",
            colour=TINT_NAME,
            prompt=json.dumps(draft.prompt, ensure_ascii=False),
            concept=draft.concept,
        ),
        pictures=(plain, tinted),
        schema=AlignReply,
    )


def ask_absent(plain: Picture, draft: Draft) -> Ask[AbsentReply]:
    """Is there really nothing that answers this prompt."""
    return Ask(
        stage="absent",
        role="verifier",
        text=render("absent", prompt=json.dumps(draft.prompt, ensure_ascii=False), concept=draft.concept),
        pictures=(plain,),
        schema=AbsentReply,
    )


def read_verdict(
    source: Source, draft: Draft, answered: Answered[AlignReply] | Answered[AbsentReply]
) -> PromptRow:
    """The finished row."""
    reply = answered.value
    failed: tuple[str, ...] = ()
    if reply is None:
        outcome, reason = Outcome.ERROR, f"verdict: {answered.fault}"
    else:
        names = ABSENT_CHECKS if isinstance(reply, AbsentReply) else ALIGN_CHECKS
        failed = tuple(name for name in names if not getattr(reply, name))
        outcome, reason = (Outcome.REJECT if failed else Outcome.ACCEPT), reply.reason
    return PromptRow(
        id=draft.id,
        parents=draft.parents,
        photo=source.id,
        photo_sha256=source.sha256,
        licence=source.licence,
        outcome=outcome,
        reason=reason,
        calls=answered.calls,
        concept=draft.concept,
        prompt=draft.prompt,
        no_target=draft.no_target,
        regions=draft.regions,
        rle=draft.mask.counts.decode("ascii"),
        why=draft.why,
        failed=failed,
        height=source.height,
        width=source.width,
    )
