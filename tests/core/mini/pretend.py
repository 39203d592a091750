"""A ``mini`` without its pretrained parts: this version's graphs and tables, filled with random numbers.

It understands nothing, but every stage runs, on machines where nobody has fetched the packages.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from converseg_core.mini.build import GRAPHS_PATH, PARTS, build_bundle
from converseg_core.mini.weights import WeightSource, read_table

WORDS = "[PAD] [UNK] [CLS] [SEP] the thing on left something to hold a hammer ##s ? ! , ."


def build(out: Path, scratch: Path) -> Path:
    """The bundle folder ``out``; ``scratch`` gets the files that packages would bring."""
    scratch.mkdir(parents=True, exist_ok=True)
    sources = [source for part in PARTS for source in read_table(GRAPHS_PATH / f"{part}.json").values()]
    files = {source.file: scratch / source.file for source in sources}
    rng = np.random.default_rng(0)
    for name, path in files.items():
        with path.open("wb") as stream:
            for source in sorted((s for s in sources if s.file == name), key=lambda s: s.offset):
                stream.seek(source.offset)
                stream.write(numbers(source, rng).astype(f"<{source.kind}").tobytes())
    files["vocab.txt"] = scratch / "vocab.txt"
    files["vocab.txt"].write_text("\n".join(WORDS.split()), encoding="utf-8")
    build_bundle(files, out)
    return out


def numbers(source: WeightSource, rng: np.random.Generator) -> np.ndarray:
    """Numbers that keep a signal's size from layer to layer; positive where they may be variances."""
    count = int(np.prod(source.shape))
    if len(source.shape) < 2:
        return rng.uniform(0.5, 1.0, count)
    inputs = max(count // max(source.shape[0], 1), 1)
    return rng.standard_normal(count, np.float32) / np.sqrt(inputs)
