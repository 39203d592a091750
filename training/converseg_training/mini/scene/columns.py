"""Files of named columns that appear whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np


def write_columns(path: Path, columns: Mapping[str, Any]) -> None:
    """Write an ``.npz``; who reads meanwhile sees the old file or none."""
    temporary = path.with_name(f".{path.name}")
    with temporary.open("wb") as stream:
        np.savez(stream, **columns)
    temporary.replace(path)
