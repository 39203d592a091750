"""Scenes, frames and rows a minute of the data engine, one and two workers, and the memory they take.

    python benchmarks/engine_sim.py [--renderer mujoco] [--num-rows 1200]
    python benchmarks/engine_sim.py --renderer cycles [--num-photo-rows 300] [--photo-samples 8]

Each line is a whole run of ``converseg engine sim --recipe places`` into an empty folder, start-up of the
workers included: scenes drawn, settled by physics, tried, rendered, questioned, and written. MuJoCo renders
in software unless the machine has a GPU with EGL. Cycles needs Blender (see docs/data-engine.md). Its scenes
take seconds each: with few of them the table shows the start of Blender and how evenly the last scenes fell
on the workers rather than the rate (two workers gave 1.45 times one with 8 scenes, 1.77 with 26). Memory is
the largest resident set of any worker, its Blender counted with it. The scenes are the same in every line of
a renderer and size, so the lines compare.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import results

SIZES = ((320, 240), (640, 480))
COLUMNS = [
    "renderer", "size", "workers", "rows", "seconds", "scenes/min", "frames/min", "rows/min",
    "scenes/min per worker", "times one worker", "MB a worker",
]  # fmt: skip


def is_blender(process: psutil.Process) -> bool:
    """Whether a process is the other renderer."""
    return any("blender_worker" in word for word in process.cmdline())


def worker_megabytes(run: psutil.Process, num_workers: int) -> float:
    """The largest resident set of a worker and its Blender, megabytes; 0 where it has just ended."""
    largest = 0
    # A single worker is the run's own process; several are its children.
    for worker in [run] if num_workers == 1 else run.children():
        try:
            blenders = [child for child in worker.children() if is_blender(child)]
            largest = max(largest, sum(process.memory_info().rss for process in [worker, *blenders]))
        except psutil.NoSuchProcess:
            continue
    return largest / 1e6


def measure(*, renderer: str, size: tuple[int, int], workers: int, rows: int, samples: int) -> dict[str, Any]:
    """One run, from nothing to its manifest."""
    with tempfile.TemporaryDirectory() as folder:
        recipe_path = Path(folder, "recipe.json")
        recipe_path.write_text(
            json.dumps({"base": "places", "renderer": renderer, "cycles_samples": samples}), encoding="utf-8"
        )
        command = [
            sys.executable, "-m", "converseg_engine.cli", "sim", "--recipe", str(recipe_path),
            "--split", "train", "--rows", str(rows), "--out", str(Path(folder, "out")),
            "--workers", str(workers), "--width", str(size[0]), "--height", str(size[1]),
            # As many shards as scenes where scenes are few, or one worker would have all of them.
            "--scenes-per-shard", "4" if renderer == "mujoco" else "1",
        ]  # fmt: skip
        start_s = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        watched = psutil.Process(process.pid)
        megabytes = 0.0
        while process.poll() is None:
            megabytes = max(megabytes, worker_megabytes(watched, workers))
            time.sleep(0.2)
        duration_s = time.perf_counter() - start_s
        said, _ = process.communicate()
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
        made = json.loads(said)
    per_minute = 60 / duration_s
    return {
        "renderer": renderer if renderer == "mujoco" else f"cycles, {samples} samples",
        "size": f"{size[0]}x{size[1]}",
        "workers": workers,
        "rows": made["num_rows"],
        "seconds": duration_s,
        "scenes/min": made["num_scenes"] * per_minute,
        "frames/min": made["num_images"] * per_minute,
        "rows/min": made["num_rows"] * per_minute,
        "scenes/min per worker": made["num_scenes"] * per_minute / workers,
        "times one worker": 1.0,
        "MB a worker": megabytes,
    }


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--renderer", choices=("mujoco", "cycles"), default="mujoco")
    parser.add_argument("--num-rows", type=int, default=1200)
    parser.add_argument("--num-photo-rows", type=int, default=300)
    parser.add_argument("--photo-samples", type=int, default=8)
    options = parser.parse_args()
    renderer = options.renderer
    num_rows = options.num_rows if renderer == "mujoco" else options.num_photo_rows
    facts = {**results.machine(), "threads a worker": 1, "niceness": os.nice(0)}
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    rows = []
    for size in SIZES:
        lines = [
            measure(
                renderer=renderer, size=size, workers=workers, rows=num_rows, samples=options.photo_samples
            )
            for workers in (1, 2)
        ]
        for line in lines:
            line["times one worker"] = line["scenes/min"] / lines[0]["scenes/min"]
            print(line, file=sys.stderr, flush=True)
        rows += lines
    results.write("engine_sim" if renderer == "mujoco" else "engine_sim_cycles", facts, COLUMNS, rows)


if __name__ == "__main__":
    main()
