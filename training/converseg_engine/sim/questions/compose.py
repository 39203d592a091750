"""From all that could be asked about a view, a balanced score of questions in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.questions import affordances, entities, physics, relations, spatial
from converseg_engine.sim.questions.draft import Draft
from converseg_engine.sim.questions.facts import Facts, Member
from converseg_engine.sim.questions.wording import CONCEPTS, TEMPLATES, say

ASKERS = (entities.ask, spatial.ask, relations.ask, affordances.ask, physics.ask)

NO_TARGET_SHARE = 0.22
MAX_PER_TEMPLATE = 2
MAX_MASK_SHARE = 0.75


@dataclass(frozen=True, eq=False)
class Question:
    """A prompt and its exact answer.

    Attributes:
        prompt: what is asked, lower case.
        concept: one of the five families.
        template: which meaning it is a wording of.
        mask: (H, W) bool; all False where nothing fits.
        members: the objects and parts that make up the mask.
        meaning, subfamily: finer than template and concept; "" in the tabletop recipe.
        evidence: what was measured or tried, in words; "" where nothing was.
        no_target_reason: why nothing fits; "" where something does.
        held_out: True where wording or named category is one that training must never see.
    """

    prompt: str
    concept: str
    template: str
    mask: NDArray[np.bool_]
    members: frozenset[Member]
    meaning: str = ""
    subfamily: str = ""
    evidence: str = ""
    no_target_reason: str = ""
    held_out: bool = False

    @property
    def no_target(self) -> bool:
        """True where the right answer is "nothing"."""
        return not self.members


def all_drafts(facts: Facts, rng: np.random.Generator) -> list[Draft]:
    """Every meaning that the view answers without doubt, from all five families."""
    return [draft for ask in ASKERS for draft in ask(facts, rng)]


def compose(facts: Facts, rng: np.random.Generator, *, num_questions: int = 18) -> list[Question]:
    """Choose and word up to ``num_questions`` questions, the families in turn, prompts all different.

    About ``NO_TARGET_SHARE`` of them have no target, and no template is used more than twice.
    """
    drafts = all_drafts(facts, rng)
    shuffled = [drafts[int(k)] for k in rng.permutation(len(drafts))]
    # Within a family and a kind of answer, a template's second use comes after everybody's first,
    # so that a template with many instances does not crowd out the rare ones.
    uses: Counter[tuple[str, bool]] = Counter()
    ranked: list[tuple[int, int, Draft]] = []
    for order, draft in enumerate(shuffled):
        key = (draft.template, draft.no_target)
        ranked.append((uses[key], order, draft))
        uses[key] += 1
    ranked.sort(key=lambda entry: entry[:2])
    pools: dict[tuple[str, bool], list[Draft]] = {(c, n): [] for c in CONCEPTS for n in (False, True)}
    for _, _, draft in ranked:
        pools[TEMPLATES[draft.template].concept, draft.no_target].append(draft)
    chosen: list[Question] = []
    prompts: set[str] = set()
    templates: Counter[str] = Counter()
    blocked: set[tuple[str, bool]] = set()
    turn = int(rng.integers(len(CONCEPTS)))
    while len(chosen) < num_questions and len(blocked) < len(pools):
        concept = CONCEPTS[turn % len(CONCEPTS)]
        turn += 1
        wants_none = bool(rng.random() < NO_TARGET_SHARE)
        for key in ((concept, wants_none), (concept, not wants_none)):
            # A family that has run out of targets must not fill up with "nothing".
            if key[1] and not wants_none:
                if not pools[key[0], False]:
                    blocked.add((concept, False))
                continue
            question = _next(pools[key], facts, rng, prompts, templates)
            if question is not None:
                chosen.append(question)
                break
            blocked.add(key)
        if (concept, False) in blocked:
            blocked.add((concept, True))
    return chosen


def _next(
    pool: list[Draft], facts: Facts, rng: np.random.Generator, prompts: set[str], templates: Counter[str]
) -> Question | None:
    while pool:
        draft = pool.pop(0)
        if templates[draft.template] >= MAX_PER_TEMPLATE:
            continue
        prompt = say(draft.template, draft.slots, rng)
        mask = facts.mask(draft.members)
        if prompt in prompts or mask.mean() > MAX_MASK_SHARE:
            continue
        prompts.add(prompt)
        templates[draft.template] += 1
        return Question(prompt, TEMPLATES[draft.template].concept, draft.template, mask, draft.members)
    return None
