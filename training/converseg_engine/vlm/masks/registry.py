"""Finders and pools by name: the ones that are built in, and whatever is installed with an entry point."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any, cast

from converseg_engine.vlm.masks.protocol import MaskPool, RegionFinder
from converseg_engine.vlm.settings import MaskSettings

FINDER_GROUP, POOL_GROUP = "converseg.region_finders", "converseg.mask_pools"

_BUILDERS = "converseg_engine.vlm.masks.builders"
FINDERS: Mapping[str, tuple[str, str]] = {
    "grounding-dino+sam2": (_BUILDERS, "grounding_dino_sam2"),
    "owlv2+sam2": (_BUILDERS, "owlv2_sam2"),
    "sam3": (_BUILDERS, "sam3"),
    "model": (_BUILDERS, "segmentation_model"),
    "oracle": (_BUILDERS, "oracle"),
}
POOLS: Mapping[str, tuple[str, str]] = {
    "sam2": (_BUILDERS, "sam2_pool"),
    "oracle": (_BUILDERS, "oracle"),
}


def build_masks(settings: MaskSettings) -> tuple[RegionFinder, MaskPool | None]:
    """The finder and the pool of a run.

    Raises:
        ValueError: no such name, or wrong options.
    """
    finder = _build("masks.finder", settings.finder, FINDERS, FINDER_GROUP, settings.finder_options)
    if not settings.pool:
        return cast(RegionFinder, finder), None
    pool = _build("masks.pool", settings.pool, POOLS, POOL_GROUP, settings.pool_options)
    return cast(RegionFinder, finder), cast(MaskPool, pool)


def _build(
    field: str, name: str, built_in: Mapping[str, tuple[str, str]], group: str, options: Mapping[str, Any]
) -> object:
    make: Callable[..., object]
    if name in built_in:
        module, function = built_in[name]
        make = getattr(importlib.import_module(module), function)
    else:
        found = [entry for entry in entry_points(group=group) if entry.name == name]
        if not found:
            others = sorted(entry.name for entry in entry_points(group=group))
            raise ValueError(
                f"{field}: {name!r} is none of {', '.join([*built_in, *others])}; a detector of your own"
                f" needs an entry point in the group {group}"
            )
        make = found[0].load()
    try:
        return make(**options)
    except TypeError as error:
        raise ValueError(f"{field}_options: {error}") from error
