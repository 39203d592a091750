"""How often a picture of the places recipe answers each meaning with a target: measured, not chosen."""

from __future__ import annotations

from collections.abc import Mapping

ASKED_WITH_TARGET: Mapping[str, float] = {}
