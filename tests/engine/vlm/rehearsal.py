"""Shared by the tests of whole runs: drawn scenes, the scripted server as a process, and a run's settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converseg_engine.vlm.scripted.settings import Script
from converseg_engine.vlm.settings import Settings, settings_from


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Scripted:
    """A scripted server that runs."""

    url: str
    log_path: Path

    def log(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self.log_path.read_text().splitlines()]


@contextmanager
def scripted_server(folder: Path, truth: Path, script: Script | None = None) -> Iterator[Scripted]:
    folder.mkdir(parents=True, exist_ok=True)
    script_path, log_path = folder / "script.json", folder / "server.jsonl"
    script_path.write_text((script or Script()).as_json())
    command = [
        sys.executable, "-m", "converseg_engine.vlm.scripted", "--truth", str(truth), "--script",
        str(script_path), "--log", str(log_path), "--parent", str(os.getpid()),
    ]  # fmt: skip
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Scripted(process.stdout.readline().strip(), log_path)
    finally:
        process.kill()
        process.wait(10)


def settings_fields(url: str, truth: Path, **changes: Any) -> dict[str, Any]:
    endpoint = {
        "url": url,
        "timeout_s": 2.0,
        "num_tries": 8,
        "first_wait_s": 0.01,
        "longest_wait_s": 0.1,
        "usd_per_million_prompt_tokens": 1.0,
        "usd_per_million_reply_tokens": 4.0,
    }
    fields: dict[str, Any] = {
        "generator": {**endpoint, "model": "scripted-generator", "revision": "1", "temperature": 0.7},
        "verifier": {**endpoint, "model": "scripted-verifier", "revision": "1"},
        "masks": {
            "finder": "oracle",
            "pool": "oracle",
            "finder_options": {"shards": str(truth), "half": 0.3},
            "pool_options": {"shards": str(truth)},
        },
        "photos_per_task": 8,
        "splits": {"train": 0.7, "val": 0.3},
    }
    for name, value in changes.items():
        merged = name in ("generator", "verifier", "masks")
        fields[name] = {**fields[name], **value} if merged else value
    return fields


def settings(url: str, truth: Path, **changes: Any) -> Settings:
    return settings_from(settings_fields(url, truth, **changes))
