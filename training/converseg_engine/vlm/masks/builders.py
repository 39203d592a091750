"""Makes finders and pools from plain options; heavy packages are imported here and not before."""

from __future__ import annotations

from pathlib import Path

from converseg_engine.vlm.masks.protocol import RegionFinder


def oracle(
    *,
    shards: str,
    split: str = "train",
    miss: float = 0.0,
    half: float = 0.0,
    seed: int = 0,
) -> RegionFinder:
    """The truth of simulated scenes, for rehearsals; also a pool."""
    from converseg_engine.vlm.scripted.oracle import Oracle, OracleRates
    from converseg_engine.vlm.scripted.truth import book_of_shards

    rates = OracleRates(miss=miss, half=half, seed=seed)
    return Oracle(book_of_shards(Path(shards), split), rates)
