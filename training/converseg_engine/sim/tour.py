"""A camera that moves round one scene, and instructions whose answers stay the same all the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from converseg_engine.sim.camera import Camera, fit_target_and_distance, look_at, orbit
from converseg_engine.sim.questions.compose import all_drafts
from converseg_engine.sim.questions.draft import Draft
from converseg_engine.sim.questions.facts import Facts, Member
from converseg_engine.sim.questions.wording import CONCEPTS, TEMPLATES, say
from converseg_engine.sim.render import View
from converseg_engine.sim.scene import world_points
from converseg_engine.sim.world import World

SWEEP_DEG = 50.0
FOV_Y_DEG = 45.0
PART_TEMPLATES = frozenset({"hold", "part_of", "opening_part", "sharp_part"})


@dataclass(frozen=True)
class Instruction:
    """One spoken instruction; ``members`` is the answer on every frame, empty for "nothing fits"."""

    prompt: str
    concept: str
    template: str
    members: frozenset[Member]


def sweep(world: World, seed: int, *, num_frames: int, width: int, height: int) -> tuple[Camera, ...]:
    """A smooth arc of ``SWEEP_DEG`` round the table: slow at both ends, rising and coming closer midway."""
    rng = np.random.default_rng([seed, 1_000_003])
    start, elevation = float(rng.uniform(0, 360)), float(rng.uniform(36, 42))
    cameras = []
    points = world_points(world)
    middle = start + SWEEP_DEG / 2
    fits = [
        fit_target_and_distance(
            points, azimuth_deg=a, elevation_deg=elevation, fov_y_deg=FOV_Y_DEG, width=width, height=height
        )
        for a in (start, middle, start + SWEEP_DEG)
    ]
    target = np.mean([t for t, _ in fits], axis=0)
    distance = max(d for _, d in fits) * 1.08
    for t in np.linspace(0.0, 1.0, num_frames):
        eased = float(t * t * (3 - 2 * t))
        lift = float(np.sin(np.pi * t))
        eye = orbit(
            target,
            azimuth_deg=start + SWEEP_DEG * eased,
            elevation_deg=elevation + 5 * lift,
            distance_m=distance * (1 - 0.05 * lift),
        )
        cameras.append(look_at(eye, target, fov_y_deg=FOV_Y_DEG, width=width, height=height))
    return tuple(cameras)


def _key(draft: Draft) -> tuple[str, tuple[tuple[str, str], ...], frozenset[Member]]:
    return draft.template, tuple(sorted(draft.slots.items())), draft.members


def lasting_drafts(world: World, views: Sequence[View], seed: int) -> list[Draft]:
    """The questions that every one of these views answers, and in the same way."""
    common: dict[object, Draft] = {}
    for k, view in enumerate(views):
        # Some idle questions are asked at random; many draws make sure that none is missed by chance.
        facts = Facts(world, view)
        found: dict[object, Draft] = {}
        for draw in range(6):
            rng = np.random.default_rng([seed, 1_000_004, draw])
            found |= {_key(draft): draft for draft in all_drafts(facts, rng)}
        common = found if k == 0 else {key: draft for key, draft in common.items() if key in found}
    return list(common.values())


def choose_instructions(world: World, views: Sequence[View], seed: int) -> tuple[Instruction, ...]:
    """One instruction of each family and one that nothing fits, of six different meanings.

    The affordance asks for a part, and no two with a target have the same answer.

    Raises:
        ValueError: this scene does not offer that.
    """
    drafts = lasting_drafts(world, views, seed)
    rng = np.random.default_rng([seed, 1_000_005])
    chosen: list[Draft] = []

    def take(kind: str, fits: list[Draft]) -> None:
        fresh = [
            d
            for d in fits
            if d.template not in {c.template for c in chosen}
            and (d.no_target or d.members not in {c.members for c in chosen})
        ]
        if not fresh:
            raise ValueError(f"seed: scene {seed} has no lasting {kind} instruction; choose another seed")
        chosen.append(fresh[int(rng.integers(len(fresh)))])

    for concept in CONCEPTS:
        of_family = [d for d in drafts if TEMPLATES[d.template].concept == concept and not d.no_target]
        if concept == "affordances":
            of_family = [d for d in of_family if d.template in PART_TEMPLATES]
        take(concept, of_family)
    take("no-target", [d for d in drafts if d.no_target])
    order = (0, 2, 3, 5, 1, 4)
    return tuple(
        Instruction(
            say(chosen[k].template, chosen[k].slots, rng),
            TEMPLATES[chosen[k].template].concept,
            chosen[k].template,
            chosen[k].members,
        )
        for k in order
    )
