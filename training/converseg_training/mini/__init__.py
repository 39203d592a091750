"""Making and training ``mini``."""

from __future__ import annotations
