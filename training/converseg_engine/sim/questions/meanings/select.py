"""From all that could be asked about a view of a place, a balanced score of questions in words.

Meanings are asked one by one, in a random order in which rare ones come first, until every family has
its share: a trial is made only where a question that was drawn needs it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from converseg_engine.sim.objects.catalog import CATEGORIES
from converseg_engine.sim.questions.compose import Question
from converseg_engine.sim.questions.facts import MaskHW
from converseg_engine.sim.questions.meanings.frequency import ASKED_WITH_TARGET
from converseg_engine.sim.questions.meanings.meaning import Answer, Meaning, NoTarget
from converseg_engine.sim.questions.meanings.table import MEANINGS
from converseg_engine.sim.questions.meanings.wording import say
from converseg_engine.sim.questions.place_facts import PlaceFacts
from converseg_engine.sim.questions.tried import Tried
from converseg_engine.sim.questions.wording import CONCEPTS
from converseg_engine.sim.render import View
from converseg_engine.sim.world import World

MAX_PER_MEANING = 2
CONTRAST_SHARE = 0.5
MAX_MASK_SHARE, BIG_MASK_SHARE, BIG_KEPT = 0.45, 0.18, 0.25
"""No mask is larger than the first; of those over the second only this share is kept."""
SAME_IOU, MAX_SAME = 0.8, 2
"""At most so many questions of a picture have (nearly) the same answer."""
RARITY_POWER = 0.8
RAREST = 0.01
UNKNOWN_FREQUENCY = 0.05
HARD_SHARE = 0.75
"""How often a "nothing" has to be a hard one: the noun is there, the attribute or relation is not."""


@dataclass(eq=False)
class _Chosen:
    """What has been chosen for one picture so far."""

    questions: list[Question] = field(default_factory=list)
    prompts: set[str] = field(default_factory=set)
    per_meaning: Counter[str] = field(default_factory=Counter)


def _frequency(meaning: Meaning) -> float:
    return max(RAREST, ASKED_WITH_TARGET.get(meaning.key, UNKNOWN_FREQUENCY))


def _in_random_order(
    meanings: list[Meaning], weights: list[float], rng: np.random.Generator
) -> list[Meaning]:
    """A draw without replacement; heavier ones tend to come first."""
    keys = rng.exponential(size=len(meanings)) / np.array(weights)
    return [meanings[int(k)] for k in np.argsort(keys)]


class _Asker:
    """Asks each meaning of a view at most once."""

    def __init__(self, facts: PlaceFacts, rng: np.random.Generator) -> None:
        self._facts, self._rng = facts, rng
        self._answers: dict[str, list[Answer]] = {}

    def answers(self, meaning: Meaning, *, with_target: bool, hard: bool = False) -> list[Answer]:
        """What the view answers, in random order; ``hard``: without those whose noun is not there at all."""
        if meaning.key not in self._answers:
            found = meaning.ask(self._facts, self._rng)
            self._answers[meaning.key] = [found[int(k)] for k in self._rng.permutation(len(found))]
        fitting = [a for a in self._answers[meaning.key] if bool(a.members) == with_target]
        return [a for a in fitting if not hard or a.reason is not NoTarget.ABSENT_OBJECT]


def _mask_iou(first: MaskHW, second: MaskHW) -> float:
    union = int(np.count_nonzero(first | second))
    return float(np.count_nonzero(first & second)) / union if union else 1.0


def _accept(
    meaning: Meaning,
    answer: Answer,
    facts: PlaceFacts,
    chosen: _Chosen,
    rng: np.random.Generator,
    *,
    held_out: bool,
) -> Question | None:
    """The question in words, unless it is too big, too often there, or said already."""
    mask = facts.mask(answer.members)
    share = float(mask.mean())
    if share > MAX_MASK_SHARE or (share > BIG_MASK_SHARE and rng.random() > BIG_KEPT):
        return None
    if answer.members:
        same = sum(_mask_iou(mask, q.mask) > SAME_IOU for q in chosen.questions if not q.no_target)
        if same >= MAX_SAME:
            return None
    prompt, is_held_out = say(meaning, answer, rng, held_out=held_out)
    if prompt.rstrip("?") in chosen.prompts:
        return None
    return Question(
        prompt,
        meaning.concept,
        meaning.key,
        mask,
        answer.members,
        meaning=meaning.key,
        subfamily=meaning.subfamily,
        evidence=answer.evidence,
        no_target_reason=answer.reason.value if answer.reason is not None else "",
        held_out=is_held_out or _shows_held_out(facts, answer),
    )


def _shows_held_out(facts: PlaceFacts, answer: Answer) -> bool:
    """Whether a held-out category is the answer or is named."""
    if any(facts.by_index[i].category.held_out for i, _ in answer.members):
        return True
    said = " ".join(answer.slots.values())
    return any(c.held_out and c.name in said for c in facts.named)


def _take(question: Question, chosen: _Chosen) -> None:
    chosen.questions.append(question)
    chosen.prompts.add(question.prompt.rstrip("?"))
    chosen.per_meaning[question.meaning] += 1


def _next_of(
    order: list[Meaning],
    *,
    asker: _Asker,
    facts: PlaceFacts,
    chosen: _Chosen,
    rng: np.random.Generator,
    with_target: bool,
    room: int,
    held_out: bool,
    uses: int = 0,
    hard: bool = False,
) -> bool:
    """Take the next question of a family; with a contrasting one where there is room. False: none left.

    ``uses``: how often a meaning may have been used in this picture already; ``hard``: see ``_Asker``.
    """
    for meaning in order:
        if chosen.per_meaning[meaning.key] > uses:
            continue
        answers = asker.answers(meaning, with_target=with_target, hard=hard)
        taken: list[Question] = []
        for answer in answers:
            if taken and any(_mask_iou(facts.mask(answer.members), q.mask) > 0.5 for q in taken):
                continue
            question = _accept(meaning, answer, facts, chosen, rng, held_out=held_out)
            if question is None:
                continue
            _take(question, chosen)
            taken.append(question)
            # Two answers to one meaning in one picture: who ignores the picture or the prompt gets one wrong.
            wants_contrast = with_target and room > 1 and rng.random() < CONTRAST_SHARE
            if not wants_contrast or len(taken) >= MAX_PER_MEANING:
                break
        if taken:
            return True
    return False


def select(
    facts: PlaceFacts,
    rng: np.random.Generator,
    *,
    num_questions: int,
    no_target_share: float = 0.15,
    held_out: bool = False,
) -> list[Question]:
    """Choose and word up to ``num_questions`` questions; the families in turn, prompts all different.

    Args:
        facts: the view.
        rng: source of every choice.
        num_questions: how many; fewer where the view gives no more.
        no_target_share: share of questions that nothing answers.
        held_out: whether held-out phrasings may be used; never in training.
    """
    asker, chosen = _Asker(facts, rng), _Chosen()
    targets, nothings = {}, {}
    for concept in CONCEPTS:
        family = [m for m in MEANINGS if m.concept == concept]
        frequencies = [_frequency(m) for m in family]
        targets[concept] = _in_random_order(family, [f**-RARITY_POWER for f in frequencies], rng)
        # "Nothing" must not give the meaning away: it is drawn as often as the meaning has a target.
        often = [min(f, 0.06) for f in frequencies]
        nothings[concept] = _in_random_order(family, often, rng)
    quota = num_questions / len(CONCEPTS)
    per_family: Counter[str] = Counter()
    order = [CONCEPTS[int(k)] for k in rng.permutation(len(CONCEPTS))]
    exhausted: set[str] = set()
    while len(chosen.questions) < num_questions and len(exhausted) < len(CONCEPTS):
        concept = min((c for c in order if c not in exhausted), key=lambda c: per_family[c])
        if per_family[concept] >= quota + 2:
            break
        before = len(chosen.questions)
        with_target = bool(rng.random() >= no_target_share)
        room = min(num_questions - before, int(np.ceil(quota)) - per_family[concept])
        take = partial(_next_of, asker=asker, facts=facts, chosen=chosen, rng=rng, held_out=held_out)
        if with_target:
            found = take(targets[concept], with_target=True, room=room)
            # Second questions of meanings that were asked once, before a family runs out of targets.
            found = found or take(targets[concept], with_target=True, room=1, uses=1)
            if not found:
                exhausted.add(concept)
        else:
            hard = bool(rng.random() < HARD_SHARE)
            found = hard and take(nothings[concept], with_target=False, room=1, hard=True)
            found = found or take(nothings[concept], with_target=False, room=1)
        per_family[concept] += len(chosen.questions) - before
    return chosen.questions


def ask_about(
    world: World,
    view: View,
    rng: np.random.Generator,
    *,
    split: str,
    num_questions: int,
    no_target_share: float = 0.15,
    tried: Tried | None = None,
) -> list[Question]:
    """Questions about one picture of a place; a pure function of its arguments.

    Args:
        world: the scene at rest.
        view: the picture.
        rng: source of every choice.
        split: "train" has no held-out phrasing and names no held-out category; "val" and "test" have both.
        num_questions: how many; fewer where the picture gives no more.
        no_target_share: share of questions that nothing answers.
        tried: trials of this world, shared between its pictures.

    Raises:
        ValueError: no such split.
    """
    if split not in ("train", "val", "test"):
        raise ValueError(f"split: {split!r} is none of train, val, test")
    named = [c for c in CATEGORIES if c.is_in(split)]
    facts = PlaceFacts(world, view, named=named, tried=tried)
    return select(
        facts,
        rng,
        num_questions=num_questions,
        no_target_share=no_target_share,
        held_out=split != "train",
    )
