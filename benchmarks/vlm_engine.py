"""What the data engine costs beside its models: processor time of a call, and calls a second at a latency.

    python benchmarks/vlm_engine.py [--in-flight 200] [--latency-s 0.1] [--num-calls 20000]

Two processes: a server that speaks the chat completions protocol, answers every request after a fixed
latency with the same reply, and does nothing else; and the engine's own asker, as runs use it: key, cache
look-up, budget, request with two pictures, reply, schema, commit to the cache. Pictures (JPEG, 320x240 and
640x480) are encoded before. The ideal rate is calls in flight over latency. Processor time is that of the
engine's process, beside the pictures' encoding.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import results

from converseg_core.worker_processes import die_with_parent
from converseg_engine.vlm.asker import Asker
from converseg_engine.vlm.cache import ReplyCache
from converseg_engine.vlm.client import Client
from converseg_engine.vlm.endpoint import Endpoint
from converseg_engine.vlm.limits import Budget, Budgets, Ledger
from converseg_engine.vlm.pictures import Picture, as_picture
from converseg_engine.vlm.replies import SceneRegion
from converseg_engine.vlm.scripted.server import Said, Server
from converseg_engine.vlm.scripted.settings import Script
from converseg_engine.vlm.stages.regions import ask_region

REPLY = '{"identity": true, "attributes": true, "location": true, "mask": true, "reason": "It is a red mug."}'


async def serve(latency_s: float, spread: float) -> None:
    """Answer everything with the same words until killed."""
    server = await Server(
        lambda body: Said("region", REPLY, None, "stop", 900, 30),
        Script(latency_s=latency_s, latency_spread=spread),
    ).start()
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


def camera_picture(seed: int, height: int) -> Picture:
    """A JPEG with a camera's noise."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(0, 255, (height // 20, height // 15, 3))
    image = np.kron(coarse, np.ones((20, 20, 1))) + rng.normal(0, 3, (height, height // 15 * 20, 3))
    return as_picture(np.clip(image, 0, 255).astype(np.uint8))


async def measure(port: int, in_flight: int, num_calls: int, height: int, folder: Path) -> dict[str, float]:
    """Ask; returns rate and processor time, and what a second round from the cache takes."""
    endpoint = Endpoint(url=f"http://127.0.0.1:{port}/v1", model="m", max_in_flight=in_flight, timeout_s=60)
    pictures = [camera_picture(k, height) for k in range(8)]

    def region(k: int) -> SceneRegion:
        return SceneRegion(
            label="mug", attributes=["red"], location=f"place {k}", relation="alone", box=[1, 2, 300, 400]
        )

    async def round_of(asker: Asker, first: int, num: int) -> tuple[float, float]:
        left = iter(range(first, first + num))

        async def worker() -> None:
            for k in left:
                answered = await asker.ask(ask_region(pictures[k % 8], pictures[(k + 1) % 8], region(k)))
                if answered.value is None:
                    raise SystemExit(f"no reply: {answered.fault}")

        start_s, cpu_s = time.perf_counter(), time.process_time()
        await asyncio.gather(*(worker() for _ in range(in_flight)))
        return time.perf_counter() - start_s, time.process_time() - cpu_s

    budgets = Budgets(total=Budget(max_tokens=10**12))
    with ReplyCache(folder / "cache.sqlite") as cache:
        async with Client(endpoint) as client:
            asker = Asker({"generator": client, "verifier": client}, cache, Ledger(budgets, {}))
            await round_of(asker, -4 * in_flight, 4 * in_flight)  # connections are opened
            wall_s, cpu_s = await round_of(asker, 0, num_calls)
            again_s, again_cpu_s = await round_of(asker, 0, num_calls)
    return {
        "calls a second": num_calls / wall_s,
        "engine CPU ms a call": 1e3 * cpu_s / num_calls,
        "from the cache, calls a second": num_calls / again_s,
        "from the cache, CPU ms a call": 1e3 * again_cpu_s / num_calls,
        "picture kB": sum(len(p.jpeg) for p in pictures) / 8e3,
    }


def main() -> None:
    """Start the server, measure, write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--in-flight", type=int, default=200)
    parser.add_argument("--latency-s", type=float, default=0.1)
    parser.add_argument("--spread", type=float, default=0.3)
    parser.add_argument("--num-calls", type=int, default=20_000)
    parser.add_argument("--serve", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        die_with_parent(options.serve)
        asyncio.run(serve(options.latency_s, options.spread))
        return
    facts = results.machine()
    command = [sys.executable, str(Path(__file__).resolve()), "--serve", str(os.getpid())]
    command += ["--latency-s", str(options.latency_s), "--spread", str(options.spread)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        ideal = options.in_flight / options.latency_s
        rows = []
        for height in (240, 480):
            with tempfile.TemporaryDirectory() as folder:
                found = asyncio.run(measure(port, options.in_flight, options.num_calls, height, Path(folder)))
            found["share of the ideal rate"] = found["calls a second"] / ideal
            rows += [
                {"picture": f"{height * 4 // 3}x{height}", "what": k, "value": v} for k, v in found.items()
            ]
    finally:
        server.kill()
        server.wait(10)
    facts |= {
        "calls in flight": options.in_flight,
        "server latency s": f"{options.latency_s:g}, spread evenly by {options.spread:.0%} to both sides",
        "num_calls": options.num_calls,
        "load_1min after": round(os.getloadavg()[0], 2),
    }
    facts["ideal calls a second"] = ideal
    results.write("vlm_engine", facts, ["picture", "what", "value"], rows)


if __name__ == "__main__":
    main()
