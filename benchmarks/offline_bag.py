"""What ``converseg bag`` costs beside the model: reader speed, share of the run, memory against length.

    python benchmarks/offline_bag.py [--model sim-tiny] [--quick]

Bags are written first, 640x480 rgb8, and read from the page cache, so no disk is measured. Reader: every
message decoded to an RGB array, in this process, best of three passes. Share and memory: real ``converseg
bag`` processes, memory as the kernel's highest resident size of each. The 50 GB bag holds 50 GB of raw
pictures that compress well; every 30th is answered, all are read. What measuring a predictions file of as
many rows as that bag has frames takes is measured apart. About seven minutes on two quiet cores, and 2 GB
of temporary disk; ``--quick`` leaves out the long bags: one minute.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import results
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer

from converseg_core.bags import read_messages, typestore
from converseg_core.evaluation.predictions_file import iter_predictions, read_info, write_predictions
from converseg_core.images import to_rgb

HEIGHT, WIDTH, RATE_HZ = 480, 640, 10
IMAGE_BYTES = HEIGHT * WIDTH * 3
NUM_50_GB = 50_000_000_000 // IMAGE_BYTES
PROMPT = "the red mug"
Pictures = list[np.ndarray]


def noisy() -> Pictures:
    """Pictures that no compressor makes smaller."""
    return list(np.random.default_rng(1).integers(0, 256, (8, HEIGHT, WIDTH, 3), dtype=np.uint8))


def smooth() -> Pictures:
    """Pictures that shrink a thousandfold: a red square that moves over grey."""
    pictures = [np.full((HEIGHT, WIDTH, 3), 90, np.uint8) for _ in range(8)]
    for k, picture in enumerate(pictures):
        picture[100 + 20 * k : 200 + 20 * k, 200:320] = (200, 30, 30)
    return pictures


def write_bag(path: Path, num: int, pictures: Pictures, *, storage: str = "mcap", is_packed: bool) -> Path:
    """One camera at 10 Hz."""
    types = typestore().types
    kind = "sensor_msgs/msg/Image"
    plugin = StoragePlugin.MCAP if storage == "mcap" else StoragePlugin.SQLITE3
    writer = Writer(path, version=9, storage_plugin=plugin)
    if is_packed:
        writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
    with writer:
        connection = writer.add_connection("/camera/image", kind, typestore=typestore())
        for k in range(num):
            time_ns = 1_700_000_000 * 10**9 + k * 10**9 // RATE_HZ
            stamp = types["builtin_interfaces/msg/Time"](sec=time_ns // 10**9, nanosec=time_ns % 10**9)
            image = types[kind](
                header=types["std_msgs/msg/Header"](stamp=stamp, frame_id="camera"),
                height=HEIGHT,
                width=WIDTH,
                encoding="rgb8",
                is_bigendian=0,
                step=WIDTH * 3,
                data=pictures[k % len(pictures)].reshape(-1),
            )
            writer.write(connection, time_ns, typestore().serialize_cdr(image, kind))
    return path


def megabytes_per_second(work: Callable[[], int]) -> float:
    """Best of three; ``work`` returns the bytes that it went through."""
    best = 0.0
    for _ in range(3):
        start_s = time.perf_counter()
        num_bytes = work()
        best = max(best, num_bytes / (time.perf_counter() - start_s) / 1e6)
    return best


def read_all(bag: Path) -> int:
    """Every picture of a bag as an RGB array; returns their bytes."""
    return sum(to_rgb(message.message).nbytes for message in read_messages(bag))


def hash_all(pictures: Pictures) -> int:
    """What the run does to each recorded picture beside reading it."""
    for picture in pictures * 16:
        hashlib.sha256(picture.data).hexdigest()
    return 16 * len(pictures) * IMAGE_BYTES


@dataclass(frozen=True)
class Run:
    """One finished process."""

    wall_s: float
    peak_mb: float
    metrics: dict[str, Any]

    def share(self, name: str) -> float:
        """Of the whole process, per cent."""
        return 100 * float(self.metrics["frames"][name]) / self.wall_s


def run(command: str, out: Path, *words: str) -> Run:
    """Run a command of ours in a process; fails where it does."""
    argv = [sys.executable, "-m", "converseg_core.cli.main", command, *words, "--out", str(out)]
    start_s = time.perf_counter()
    process = subprocess.Popen([*argv, "--no-report", "--json"], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - start_s
    if status != 0:
        raise SystemExit(f"{' '.join(argv)} failed: exit code {os.waitstatus_to_exitcode(status)}")
    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    return Run(wall_s, usage.ru_maxrss / 1024, metrics)


def repeated(path: Path, num: int) -> Iterator[Any]:
    """``num`` predictions with ids of their own, made of those of a file."""
    rows = list(iter_predictions(path))
    for k in range(num):
        yield replace(rows[k % len(rows)], id=f"{k:08d}-000", image=f"/camera/image#{k:06d}")


def reader_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """How fast pictures come out of each kind of bag."""
    for name, storage, is_packed in (
        ("mcap", "mcap", False),
        ("mcap, zstd", "mcap", True),
        ("sqlite3", "sqlite3", False),
    ):
        bag = write_bag(folder / name.replace(", ", "-"), 300, noisy(), storage=storage, is_packed=is_packed)
        value = megabytes_per_second(lambda bag=bag: read_all(bag))
        yield {
            "what": f"reader, raw pictures from {name}",
            "value": value,
            "unit": "MB/s",
            "wanted": ">= 500",
        }
    pictures = noisy()
    value = megabytes_per_second(lambda: hash_all(pictures))
    yield {"what": "sha256 of the pictures", "value": value, "unit": "MB/s", "wanted": ""}


def run_rows(folder: Path, model: str, *, is_quick: bool) -> Iterator[dict[str, Any]]:
    """Where the time of a run goes, and how its memory grows."""

    def peak(what: str, value: float) -> dict[str, Any]:
        return {"what": f"peak memory: {what}", "value": value, "unit": "MB", "wanted": "the same"}

    asked = ("--model", model, "--prompt", PROMPT)
    minute = write_bag(folder / "minute", 60 * RATE_HZ, noisy(), is_packed=False)
    short = run("bag", folder / "out-minute", str(minute), *asked)
    for name, words, wanted in (
        ("reading_s", "reading, decoding and hashing", "<= 5"),
        ("model_s", "the model", ""),
        ("writing_s", "rows and annotated bag", ""),
    ):
        yield {"what": f"share of a run: {words}", "value": short.share(name), "unit": "%", "wanted": wanted}
    yield {"what": "the run, 600 frames", "value": short.wall_s, "unit": "s", "wanted": ""}
    yield peak("1 minute, 600 answers", short.peak_mb)
    if is_quick:
        return
    long = write_bag(folder / "ten-minutes", 600 * RATE_HZ, smooth(), is_packed=True)
    ten = run("bag", folder / "out-ten", str(long), *asked)
    yield peak("10 minutes, 6,000 answers", ten.peak_mb)
    huge = write_bag(folder / "huge", NUM_50_GB, smooth(), is_packed=True)
    all_of_it = run("bag", folder / "out-huge", str(huge), *asked, "--every", "30", "--no-annotate")
    if all_of_it.metrics["frames"]["num_frames"] != NUM_50_GB:
        raise SystemExit("the 50 GB bag was not read whole")
    yield peak(f"50 GB, {NUM_50_GB:,} frames read, every 30th answered", all_of_it.peak_mb)
    answers = folder / "many.parquet"
    known = folder / "out-ten" / "predictions.parquet"
    write_predictions(answers, repeated(known, NUM_50_GB), read_info(known))
    measured = run("eval", folder / "out-many", str(answers))
    yield peak(f"measuring {NUM_50_GB:,} answers, no model", measured.peak_mb)


def main() -> None:
    """Write bags, measure, write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="sim-tiny")
    parser.add_argument("--quick", action="store_true", help="leave out the long bags")
    options = parser.parse_args()
    facts = results.machine()
    facts |= {"model": options.model, "image": f"{WIDTH}x{HEIGHT} rgb8", "bags": f"{RATE_HZ} Hz, page cache"}
    with tempfile.TemporaryDirectory(prefix="converseg-offline-bag-") as name:
        rows = [
            *reader_rows(Path(name)),
            *run_rows(Path(name), options.model, is_quick=options.quick),
        ]
    facts["load_1min_at_end"] = round(os.getloadavg()[0], 2)
    results.write("offline_bag", facts, ["what", "value", "unit", "wanted"], rows)


if __name__ == "__main__":
    main()
