"""kill -9 at random moments: the bytes of an undisturbed run, and no stored reply is asked for again."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from converseg_engine.vlm.scripted.drawn import write_drawn
from converseg_engine.vlm.scripted.settings import FaultRates, Script
from tests.engine.vlm.rehearsal import Scripted, environment, scripted_server

FAULTS = FaultRates(
    too_many=0.02, server_error=0.02, cut=0.02, half_json=0.02, wrong_schema=0.02, garbage=0.01
)
MAX_IN_FLIGHT = 16


def _settings_file(path: Path, url: str, truth: Path) -> Path:
    model = (
        f'url = "{url}"\nrevision = "1"\nfirst_wait_s = 0.01\nlongest_wait_s = 0.1\nnum_tries = 12\n'
        f"max_in_flight = {MAX_IN_FLIGHT}\n"
    )
    path.write_text(
        f'photos_per_task = 4\nphotos_at_once = 4\n[generator]\nmodel = "g"\ntemperature = 0.7\n{model}'
        f'[verifier]\nmodel = "v"\n{model}'
        f'[masks]\nfinder = "oracle"\npool = "oracle"\nfinder_options = {{shards = "{truth}", half = 0.3}}\n'
        f'pool_options = {{shards = "{truth}"}}\n'
    )
    return path


def _start(truth: Path, out: Path, settings: Path, *more: str) -> subprocess.Popen[bytes]:
    command = [
        sys.executable, "-m", "converseg_engine.cli", "vlm", "run", str(truth / "photos"), "--out", str(out),
        "--settings", str(settings), "--licence", "CC0-1.0", *more,
    ]  # fmt: skip
    with out.with_suffix(".log").open("ab") as log:
        return subprocess.Popen(command, env=environment(), stdout=log, stderr=log, start_new_session=True)


def _finish(process: subprocess.Popen[bytes], out: Path, timeout_s: float) -> None:
    assert process.wait(timeout_s) == 0, out.with_suffix(".log").read_text()


def _stored_keys(out: Path) -> set[str]:
    keys: set[str] = set()
    for path in (out / "cache").glob("*.sqlite"):
        db = sqlite3.connect(path)
        keys |= {key for (key,) in db.execute("SELECT key FROM replies")}
        db.close()
    return keys


def _contents(out: Path) -> dict[str, bytes]:
    paths = [path for name in ("dataset", "rows", "records") for path in (out / name).rglob("*")]
    return {str(path.relative_to(out)): path.read_bytes() for path in paths if path.is_file()}


def _kill_test(folder: Path, num_photos: int, num_kills: int, *more: str, timeout_s: float) -> None:
    truth = folder / "truth"
    write_drawn(truth, num_photos)
    script = Script(faults=FAULTS, latency_s=0.02, seed=9)
    undisturbed, killed = folder / "undisturbed" / "run", folder / "killed" / "run"
    for out in (undisturbed, killed):
        out.parent.mkdir()
    with scripted_server(folder / "first", truth, script) as server:
        toml = _settings_file(folder / "first.toml", server.url, truth)
        _finish(_start(truth, undisturbed, toml), undisturbed, timeout_s)
        num_paid = sum(line["outcome"] == "paid" for line in server.log())
    with scripted_server(folder / "second", truth, script) as server:
        toml = _settings_file(folder / "second.toml", server.url, truth)
        draw = random.Random(7)
        # Random moments of the work; and a last one at any moment from the start of the process on.
        moments = sorted(draw.uniform(0.02, 0.95) * num_paid for _ in range(num_kills))
        for moment in moments:
            process = _start(truth, killed, toml, *more)
            _wait_for(server, killed, process, moment)
            time.sleep(draw.uniform(0, 0.05))
            process.send_signal(signal.SIGKILL)
            process.wait(10)
            stored, num_before = _stored_keys(killed), len(server.log())
            assert stored
            _check_later(server, stored, num_before)
        _finish(_start(truth, killed, toml, *more), killed, timeout_s)
        _check_all(server, num_kills)
    assert _contents(killed) == _contents(undisturbed)


_STORED: list[tuple[set[str], int]] = []


def _check_later(server: Scripted, stored: set[str], num_before: int) -> None:
    _STORED.append((stored, num_before))


def _check_all(server: Scripted, num_kills: int) -> None:
    log = server.log()
    for stored, num_before in _STORED:
        assert not stored & {line["key"] for line in log[num_before:]}, "a stored reply was asked for again"
    _STORED.clear()
    paid = [line["key"] for line in log if line["outcome"] == "paid"]
    # Only replies that were on their way at a kill can be lost: each model had so many in flight.
    assert len(paid) - len(set(paid)) <= num_kills * 2 * MAX_IN_FLIGHT


def _wait_for(server: Scripted, out: Path, process: subprocess.Popen[bytes], moment: float) -> None:
    while process.poll() is None:
        text = server.log_path.read_text() if server.log_path.is_file() else ""
        lines = text.rpartition("\n")[0].splitlines()
        if len({line["key"] for line in map(json.loads, lines) if line["outcome"] == "paid"}) >= moment:
            return
        time.sleep(0.01)
    raise AssertionError(f"the run ended before the kill: {out.with_suffix('.log').read_text()}")


@pytest.mark.timeout(400)
def test_two_kills_leave_the_same_bytes(tmp_path: Path) -> None:
    _kill_test(tmp_path, 6, 2, timeout_s=120)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_kills_with_two_workers_leave_the_same_bytes(tmp_path: Path) -> None:
    _kill_test(tmp_path, 60, 10, "--workers", "2", timeout_s=300)
