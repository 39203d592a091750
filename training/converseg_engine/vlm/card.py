"""The data set's card: what is in it, what made it, and how far its verifier can be trusted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from converseg_engine.vlm.balance import Balanced
from converseg_engine.vlm.job import Job, Planned
from converseg_engine.vlm.reviewing.figures import read_figures
from converseg_engine.vlm.rows import Outcome, Row, count_outcomes


def write_card(job: Job, planned: Sequence[Planned], rows: Sequence[Row], kept: Balanced, out: Path) -> None:
    """Write ``README.md`` into the data set; the same data gives the same text."""
    environment = Environment(
        loader=PackageLoader("converseg_engine.vlm"),
        autoescape=False,  # Markdown, read as text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    settings = job.settings
    photos = {row.photo for row in kept.rows}
    used = [one for one in planned if one.photo.id in photos]
    calls = [call for row in rows for call in row.calls]
    by_concept = {
        concept: (
            sum(row.concept == concept for row in kept.rows),
            sum(row.concept == concept and row.no_target for row in kept.rows),
        )
        for concept in settings.concepts
    }
    split_of = {one.photo.id: one.split for one in planned}
    text = environment.get_template("CARD.md.j2").render(
        name=job.out.name,
        num_rows=len(kept.rows),
        num_photos=len(used),
        splits={
            split: (
                sum(one.split == split for one in used),
                sum(split_of[row.photo] == split for row in kept.rows),
            )
            for split in settings.splits
        },
        by_concept=by_concept,
        num_no_target=sum(row.no_target for row in kept.rows),
        note=kept.note,
        licences=sorted(Counter(one.photo.licence for one in used).items()),
        outcomes=count_outcomes(rows),
        error_reasons=Counter(
            row.reason.split(":")[0] for row in rows if row.outcome is Outcome.ERROR
        ).most_common(10),
        generator=settings.generator,
        verifier=settings.verifier,
        masks=settings.masks,
        templates=sorted({(call.template, call.template_sha256[:12]) for call in calls}),
        digest=settings.rows_digest(),
        num_calls=len(calls),
        num_tokens=sum(call.num_prompt_tokens + call.num_reply_tokens for call in calls),
        cost_usd=sum(call.cost_usd for call in calls),
        figures=read_figures(job.out, rows),
    )
    (out / "README.md").write_text(text, encoding="utf-8")
