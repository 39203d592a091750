"""The page ``docs/simulated-questions.md``: every meaning, written from the table itself."""

from __future__ import annotations

from collections import Counter

from converseg_engine.sim.questions.meanings.meaning import SUBFAMILIES, plain
from converseg_engine.sim.questions.meanings.table import MEANINGS

FAMILY_TITLES = {
    "entities": "Entities",
    "spatial": "Spatial and layout",
    "relations": "Relations and events",
    "affordances": "Affordances and functions",
    "physics": "Physics and safety",
}

_HEAD = """\
# What simulated scenes of places are asked

This page is written by `converseg engine sim meanings --markdown docs/simulated-questions.md`; a test
checks that it is current. How to add a meaning: [add-a-question.md](how-to/add-a-question.md).

A *meaning* is one thing to ask. It has three to six phrasings for training, and one or two held-out
phrasings that no training row ever has. A slot such as `{ref}` stands for a noun phrase that singles one
object out ("mug", "red mug"). A meaning is asked of a picture only where the answer is beyond doubt: by
common knowledge with a third value "people would disagree", by geometry with a margin, or by a trial in the
simulator with a margin band. One unsure object in view is enough to keep a question from being asked.
"""


def as_markdown() -> str:
    """The whole page."""
    families = Counter(m.concept for m in MEANINGS)
    num_said = sum(len(m.phrasings) for m in MEANINGS)
    num_kept = sum(len(m.held_out_phrasings) for m in MEANINGS)
    lines = [
        _HEAD,
        f"{len(MEANINGS)} meanings, {num_said} phrasings for training, {num_kept} held-out phrasings.",
        "",
        "| family | meanings |",
        "| --- | --- |",
        *(f"| {FAMILY_TITLES[c]} | {families[c]} |" for c in SUBFAMILIES),
        "",
    ]
    for concept, subfamilies in SUBFAMILIES.items():
        lines += [f"## {FAMILY_TITLES[concept]}", ""]
        for subfamily in subfamilies:
            lines += [f"### {subfamily.capitalize()}", ""]
            lines += ["| meaning | phrasings | held out |", "| --- | --- | --- |"]
            for m in MEANINGS:
                if (m.concept, m.subfamily) == (concept, subfamily):
                    said = "<br>".join(plain(p) for p in m.phrasings)
                    kept = "<br>".join(plain(p) for p in m.held_out_phrasings)
                    lines.append(f"| `{m.key}` | {said} | {kept} |")
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"
