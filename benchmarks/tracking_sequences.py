"""The sequences that ``tracking.py`` plays: rendered, or from a folder where an earlier run left them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which sequences, how large and long, how late the model answers, and where they are kept."""
    parser.add_argument("--num-of-each", type=int, default=14)
    parser.add_argument("--seed", type=int, default=7021)
    parser.add_argument("--length-s", type=float, default=8.0)
    parser.add_argument("--rate-hz", type=float, default=15.0)
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=480)
    parser.add_argument("--latency-s", type=float, default=1.0)
    parser.add_argument("--sequences", type=Path, help="folder for the rendered sequences")


def load_sequence(kind: str, seed: int, renderer: Any, options: argparse.Namespace) -> dict[str, Any] | None:
    """Render one sequence; None where this seed has none of that kind."""
    from converseg_engine.sim.sequence import make_sequence

    try:
        sequence = make_sequence(
            seed,
            renderer,
            kind=kind,
            num_frames=round(options.length_s * options.rate_hz) + 1,
            rate_hz=options.rate_hz,
            width=options.width,
            height=options.height,
        )
    except ValueError:
        return None
    frames = list(sequence.frames())
    return {
        "images": [frame.rgb for frame in frames],
        "masks": [frame.mask for frame in frames],
        "in_view": np.array([frame.in_view for frame in frames]),
        "stamps_ns": [round(frame.time_s * 1e9) for frame in frames],
    }


def stored_sequence(
    kind: str, seed: int, renderer: Any, options: argparse.Namespace
) -> dict[str, Any] | None:
    """As ``load_sequence``, from the folder of sequences where it is there, and into it where it is not."""
    if options.sequences is None:
        return load_sequence(kind, seed, renderer, options)
    size = f"{options.width}x{options.height}_{options.rate_hz:g}Hz_{options.length_s:g}s"
    folder = options.sequences / f"{kind.replace(' ', '_')}_{seed}_{size}"
    if not (folder / "rest.npz").exists():
        sequence = load_sequence(kind, seed, renderer, options)
        if sequence is None:
            return None
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "images.npy", np.stack(sequence["images"]))
        np.save(folder / "masks.npy", np.stack(sequence["masks"]))
        with (folder / "rest.tmp").open(
            "wb"
        ) as stream:  # the last: what a stopped run left counts for nothing
            np.savez(stream, in_view=sequence["in_view"], stamps_ns=sequence["stamps_ns"])
        (folder / "rest.tmp").replace(folder / "rest.npz")
        return sequence
    rest = np.load(folder / "rest.npz")
    return {
        "images": list(np.load(folder / "images.npy")),
        "masks": list(np.load(folder / "masks.npy")),
        "in_view": rest["in_view"],
        "stamps_ns": [int(stamp_ns) for stamp_ns in rest["stamps_ns"]],
    }
