"""Training questions about photos: classes, kinds, colours, places, relations, purposes, what is not there.

True by construction from the segments; phrasings are drawn from lists of their own, and none is taken from
the sets that ``mini`` is measured with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.lexicon import KIND_NAMES, OTHER_NAMES, PURPOSES
from converseg_training.mini.photo_prompts import Question, Segment
from converseg_training.mini.photo_views import Photo

_MIN_SHARE = 0.002
_ASKING = (
    "{}",
    "{}",
    "the {}",
    "the {}",
    "all of the {}",
    "find the {}",
    "where is the {}?",
    "show me the {}",
    "point at the {}",
    "is there a {}?",
    "can you see the {}",
    "i am looking for the {}",
    "please segment the {}",
    "every {}",
)
_COLORS = {
    "red": ((0, 8), (172, 180)),
    "orange": ((9, 19),),
    "yellow": ((20, 33),),
    "green": ((36, 85),),
    "blue": ((92, 128),),
    "purple": ((129, 155),),
    "pink": ((156, 171),),
}
_SIDES = (
    ("left", 1, -1.0, ("the {} on the left", "the leftmost {}", "the {} furthest to the left", "left {}")),
    (
        "right",
        1,
        1.0,
        ("the {} on the right", "the rightmost {}", "the {} furthest to the right", "right {}"),
    ),
    ("top", 0, -1.0, ("the {} at the top", "the highest {}", "the upper {}")),
    ("bottom", 0, 1.0, ("the {} at the bottom", "the lowest {}", "the {} closest to the camera")),
)


def training_questions(photo: Photo, rng: np.random.Generator) -> list[Question]:
    """Questions on one view, about a dozen to three dozens; small answers are left out."""
    groups: dict[str, list[Segment]] = {}
    for segment in photo.segments:
        groups.setdefault(segment.name, []).append(segment)
    asked = [
        *_classes(photo, groups, rng),
        *_kinds(photo, groups, rng),
        *_colored(photo, groups, rng),
        *_placed(groups, rng),
        *_related(groups, rng),
        *_purposes(photo, groups, rng),
    ]
    asked = [item for item in asked if item.mask.mean() >= _MIN_SHARE]
    return asked + list(_absent(photo, groups, rng))


def _ask(name: str, rng: np.random.Generator) -> str:
    return str(rng.choice(np.array(_ASKING))).format(name)


def _any_name(name: str, rng: np.random.Generator) -> str:
    others = OTHER_NAMES.get(name, ())
    return str(rng.choice(np.array([name, name, name, *others]))) if others else name


def _classes(photo: Photo, groups: dict[str, list[Segment]], rng: np.random.Generator) -> Iterator[Question]:
    for name, group in sorted(groups.items()):
        kind = "class-thing" if group[0].is_thing else "class-stuff"
        yield Question(name, "entities", kind, _union(group))
        yield Question(_ask(_any_name(name, rng), rng), "entities", kind, _union(group))


def _kinds(photo: Photo, groups: dict[str, list[Segment]], rng: np.random.Generator) -> Iterator[Question]:
    for kind, phrases in KIND_NAMES.items():
        if kind in ("plant",) and not any(not s.is_thing for s in photo.segments):
            continue
        fitting = [s for s in photo.segments if photo.kinds.get(s.name) == kind]
        if fitting:
            yield Question(_ask(str(rng.choice(np.array(phrases))), rng), "entities", "kind", _union(fitting))


def _color_of(hsv_hwc: NDArray[np.uint8], mask: NDArray[np.bool_]) -> str | None:
    """The colour that more than half of the mask has, if one has a name here."""
    hsv = hsv_hwc[mask][::4]
    hue, strength, value = (hsv[:, axis].astype(int) for axis in range(3))
    vivid = (strength > 75) & (value > 55)
    shares = {
        name: float(
            np.mean(vivid & np.logical_or.reduce([(hue >= low) & (hue <= high) for low, high in ranges]))
        )
        for name, ranges in _COLORS.items()
    }
    shares["white"] = float(np.mean((strength < 45) & (value > 170)))
    shares["black"] = float(np.mean((value < 55) & (strength < 110)))
    shares["gray"] = float(np.mean((strength < 45) & (value >= 70) & (value <= 160)))
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] > 0.5 else None


def _colored(photo: Photo, groups: dict[str, list[Segment]], rng: np.random.Generator) -> Iterator[Question]:
    hsv = np.asarray(cv2.cvtColor(photo.image, cv2.COLOR_RGB2HSV), np.uint8)
    for name, group in sorted(groups.items()):
        if not group[0].is_thing or any(item.is_crowd for item in group) or len(group) > 6:
            continue
        colors = [_color_of(hsv, item.mask) for item in group]
        for color in sorted({item for item in colors if item}):
            if any(item is None for item in colors) and len(group) > 1:
                continue
            fitting = [item for item, own in zip(group, colors, strict=True) if own == color]
            yield Question(_ask(f"{color} {name}", rng), "entities", "color", _union(fitting))
        known = {item for item in colors if item}
        if None not in colors and known and rng.random() < 0.5:
            other = str(
                rng.choice(np.array(sorted({"red", "yellow", "green", "blue", "purple", "pink"} - known)))
            )
            empty = np.zeros_like(group[0].mask)
            yield Question(_ask(f"{other} {name}", rng), "entities", "false color", empty)


def _centre(segment: Segment) -> NDArray[np.float64]:
    height, width = segment.mask.shape
    moments = cv2.moments(segment.mask.astype(np.uint8), binaryImage=True)
    return np.array([moments["m01"] / height, moments["m10"] / width]) / max(moments["m00"], 1.0)


def _whole(group: Sequence[Segment]) -> bool:
    return group[0].is_thing and not any(item.is_crowd for item in group)


def _placed(groups: dict[str, list[Segment]], rng: np.random.Generator) -> Iterator[Question]:
    for name, group in sorted(groups.items()):
        if not _whole(group) or not 2 <= len(group) <= 6:
            continue
        label = _any_name(name, rng) if name == "person" or rng.random() < 0.3 else name
        centres = np.stack([_centre(item) for item in group])
        for _, axis, sign, phrases in _SIDES:
            order = np.argsort(-sign * centres[:, axis])
            if abs(centres[order[0], axis] - centres[order[1], axis]) > 0.07:
                phrase = str(rng.choice(np.array(phrases))).format(label)
                yield Question(phrase, "spatial", "side", group[order[0]].mask)
        if len(group) == 3 and np.diff(np.sort(centres[:, 1])).min() > 0.08:
            middle = group[int(np.argsort(centres[:, 1])[1])]
            yield Question(f"the {label} in the middle", "spatial", "middle", middle.mask)
        areas = np.array([item.mask.sum() for item in group], np.float64)
        order = np.argsort(-areas)
        if areas[order[0]] > 1.4 * areas[order[1]]:
            word = str(rng.choice(np.array(["biggest", "largest", "big", "nearest"])))
            yield Question(f"the {word} {label}", "spatial", "size", group[order[0]].mask)
        if areas[order[-1]] * 1.4 < areas[order[-2]]:
            word = str(rng.choice(np.array(["smallest", "small", "farthest"])))
            yield Question(f"the {word} {label}", "spatial", "size", group[order[-1]].mask)


def _related(groups: dict[str, list[Segment]], rng: np.random.Generator) -> Iterator[Question]:
    single = {name: group[0] for name, group in groups.items() if len(group) == 1 and _whole(group)}
    flat = {name: group[0] for name, group in groups.items() if len(group) == 1}
    centre_of = {id(item): _centre(item) for group in groups.values() for item in group}
    made = 0
    for anchor_name in rng.permutation(np.array(sorted(flat))):
        anchor = flat[str(anchor_name)]
        place = centre_of[id(anchor)]
        for name in rng.permutation(np.array(sorted(groups))):
            group = groups[str(name)]
            if name == anchor_name or not _whole(group) or len(group) > 5 or made >= 10:
                continue
            on_it = [item for item in group if _lies_on(item, anchor)]
            if on_it:
                made += 1
                asks = [f"the {name} on the {anchor_name}", f"{name} on top of the {anchor_name}"]
                if len(group) == len(on_it):
                    asks += [f"which {name} is on the {anchor_name}?"]
                yield Question(str(rng.choice(np.array(asks))), "relations", "on", _union(on_it))
            if str(anchor_name) not in single:
                continue
            shifts = [centre_of[id(item)][1] - place[1] for item in group]
            for word, sign in (("left", -1), ("right", 1)):
                fitting = [item for item, shift in zip(group, shifts, strict=True) if sign * shift > 0.1]
                unsure = any(0.02 < sign * shift <= 0.1 for shift in shifts)
                if unsure or rng.random() < 0.4:
                    continue
                asks = [
                    f"the {name} {word} of the {anchor_name}",
                    f"the {name} to the {word} of the {anchor_name}",
                ]
                mask = _union(fitting) if fitting else np.zeros_like(anchor.mask)
                made += 1
                yield Question(str(rng.choice(np.array(asks))), "relations", word, mask)
            if len(group) >= 2:
                far = np.array([np.linalg.norm(centre_of[id(item)] - place) for item in group])
                order = np.argsort(far)
                if far[order[1]] > 1.4 * far[order[0]]:
                    made += 1
                    asks = [
                        f"the {name} next to the {anchor_name}",
                        f"the {name} nearest to the {anchor_name}",
                    ]
                    yield Question(str(rng.choice(np.array(asks))), "relations", "near", group[order[0]].mask)


def _lies_on(item: Segment, anchor: Segment) -> bool:
    """Its lower edge touches the anchor, and it stands higher than the anchor's middle or within it."""
    top = item.mask.any(axis=1).argmax()
    if _centre(item)[0] >= _centre(anchor)[0] + 0.05 or not anchor.mask[top:].any():
        return False
    rows, columns = np.nonzero(item.mask)
    low = rows > rows.max() - max(3, (rows.max() - rows.min()) // 8)
    below = np.minimum(rows[low] + 6, item.mask.shape[0] - 1)
    return bool(anchor.mask[below, columns[low]].mean() > 0.45)


def _purposes(photo: Photo, groups: dict[str, list[Segment]], rng: np.random.Generator) -> Iterator[Question]:
    for family, phrases, classes in PURPOSES:
        fitting = [item for name in classes for item in groups.get(name, [])]
        known = {name for name in classes if name in photo.kinds}
        if not known <= photo.labelled:
            continue
        phrase = str(rng.choice(np.array(phrases)))
        if fitting:
            yield Question(phrase, family, "purpose", _union(fitting))


def _absent(photo: Photo, groups: dict[str, list[Segment]], rng: np.random.Generator) -> Iterator[Question]:
    if not photo.segments:
        return
    empty = np.zeros_like(photo.segments[0].mask)
    missing = np.array(sorted(photo.labelled - set(groups)))
    for name in rng.choice(missing, size=min(2, len(missing)), replace=False):
        yield Question(_ask(_any_name(str(name), rng), rng), "entities", "absent", empty)
    kinds = {photo.kinds[name] for name in groups if name in photo.kinds}
    close = np.array([name for name in missing if photo.kinds.get(str(name)) in kinds])
    if close.size:
        yield Question(_ask(str(rng.choice(close)), rng), "entities", "absent", empty)
    for index in rng.permutation(len(PURPOSES))[:4]:
        family, phrases, classes = PURPOSES[index]
        known = {name for name in classes if name in photo.kinds}
        if known <= photo.labelled and not known & set(groups) and _surely_absent(family, known, groups):
            yield Question(str(rng.choice(np.array(phrases))), family, "absent", empty)


def _surely_absent(family: str, known: set[str], groups: dict[str, list[Segment]]) -> bool:
    # Labels name 133 classes: only purposes that hardly anything else serves are asked in vain.
    return family == "affordances" and len(known) <= 3 and bool(groups)


def _union(segments: Sequence[Segment]) -> NDArray[np.bool_]:
    return np.logical_or.reduce([item.mask for item in segments])
