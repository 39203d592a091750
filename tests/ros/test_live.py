"""``converseg bag --live``: the real command, three real processes, real DDS, the sample bag."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

import converseg_core
from converseg_core.cli.bag import live
from converseg_core.cli.errors import CommandError, UsageError
from converseg_core.live.report import LiveReport
from tests.core.cli.conftest import environment
from tests.ros.harness import MODEL, START_S

pytestmark = pytest.mark.alone

SAMPLE = Path(converseg_core.__file__).parent / "samples" / "cluttered_table"


def start(*args: str, out: Path, **env: str) -> subprocess.Popen[str]:
    command = ["bag", str(SAMPLE), "--live", "--out", str(out), "--model", MODEL, "--json", *args]
    return subprocess.Popen(
        [sys.executable, "-m", "converseg_core.cli.main", *command],
        env=environment(**env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def marked(mark: str) -> dict[int, str]:
    """Living processes that carry ``mark`` in their environment -> their command lines."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                if mark.encode() in (folder / "environ").read_bytes():
                    found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue
    return found


@pytest.mark.timeout(300)  # a busy machine is asked for lower and lower rates
def test_the_highest_rate_is_found_and_measured(tmp_path: Path) -> None:
    # Coarse and short: what is checked is the bookkeeping, not this machine.
    search = ["--low-hz", "2", "--high-hz", "400", "--precision", "1", "--duration-s", "1"]
    process = start(*search, "--iterations", "1", out=tmp_path)
    output, errors = process.communicate(timeout=280)
    assert process.returncode == 0, errors
    report = LiveReport.model_validate_json(output)
    assert (tmp_path / "live.json").read_text(encoding="utf-8").strip()
    assert LiveReport.model_validate_json((tmp_path / "live.json").read_bytes()) == report

    assert [file.name for file in report.files] == ["cluttered_table.mcap", "metadata.yaml"]
    content = (SAMPLE / "cluttered_table.mcap").read_bytes()
    assert report.files[0].sha256 == hashlib.sha256(content).hexdigest()
    assert report.input.model_id.startswith("sim-tiny@")
    assert report.input.num_frames == 100
    assert len(report.input.prompts) == 6
    assert report.input.recorded_hz == pytest.approx(10.0, rel=0.05)
    assert report.machine["Processor"]

    for run in report.runs:
        assert run.frames.num_published == max(21, round(run.target_hz))
        assert run.frames.num_published == run.frames.num_answered + run.frames.dropped.num
        assert run.frames.num_received + run.frames.dropped.in_transport == run.frames.num_published
        assert run.questions.num_asked == run.frames.num_published
        assert run.questions.num_without_answer == 0
        assert run.latency_s is not None
        assert run.latency_s.num == run.frames.num_answered
        assert 0 < run.latency_s.p50 <= run.latency_s.p95 <= run.latency_s.p99 <= run.latency_s.max
        assert run.frame_age_s is not None
        assert run.frame_age_s.p50 < run.latency_s.p50
        assert {"queued", "convert", "encode", "decode"} <= set(run.stages_s)
        assert run.process.cpu_percent > 0
        assert run.process.memory_max_mb > 50

    assert report.search is not None
    assert report.search.highest_hz is not None
    (highest,) = [run for run in report.runs if run.kind == "highest"]
    assert highest.target_hz == report.search.highest_hz
    assert highest.frames.drop_share < 0.05
    probes = [run for run in report.runs if run.kind == "probe"]
    assert {run.target_hz for run in probes if not run.is_sustained} >= {report.search.failed_hz} - {None}
    assert all(run.target_hz <= 1.05 * highest.target_hz for run in report.runs if run.kind == "fixed")


def test_a_rate_far_above_the_model_is_mostly_dropped(tmp_path: Path) -> None:
    process = start("--rate", "400", "--duration-s", "2", "--prompt", "the red mug", out=tmp_path)
    output, errors = process.communicate(timeout=110)
    assert process.returncode == 0, errors
    report = LiveReport.model_validate_json(output)
    (run,) = report.runs
    assert report.search is None
    assert report.input.prompts == ["the red mug"]
    assert run.kind == "fixed"
    assert run.frames.num_published == 800
    assert run.frames.drop_share > 0.05
    assert not run.is_sustained
    assert run.frames.dropped.in_mailbox > 0
    assert run.questions.by_status["REJECTED"] > 0
    assert run.questions.num_asked == 800


def test_a_node_that_dies_is_a_failure_with_its_name(tmp_path: Path) -> None:
    mark = f"CONVERSEG_TEST_MARK={uuid.uuid4()}"
    name, _, value = mark.partition("=")
    process = start("--rate", "20", "--duration-s", "60", out=tmp_path, **{name: value})
    log_path = tmp_path / "logs" / "segmenter.log"
    deadline_s = time.monotonic() + START_S
    while not (log_path.is_file() and "active: ask" in log_path.read_text(encoding="utf-8")):
        assert time.monotonic() < deadline_s, process.poll()
        time.sleep(0.05)
    time.sleep(2.0)  # now frames are under way
    (node,) = [pid for pid, command in marked(mark).items() if "segmenter_node" in command]
    os.kill(node, signal.SIGKILL)
    killed_s = time.monotonic()
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "the segmenter ended with code -9" in errors
    assert "Traceback" not in errors
    assert not output
    assert time.monotonic() - killed_s < 20
    assert not (tmp_path / "live.json").exists()
    assert marked(mark) == {}, "a child outlived the command"


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["--rate", "0"], "rates_hz"),
        (["--low-hz", "50", "--high-hz", "20"], "low_hz"),
        (["--iterations", "0"], "num_iterations"),
        (["--reliability", "sometimes"], "--reliability sometimes"),
    ],
)
def test_wrong_use_is_named(args: list[str], text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=text):
        live.main([str(SAMPLE), "--out", str(tmp_path), *args])


def test_a_topic_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="holds no topic /nowhere"):
        live.main([str(SAMPLE), "--out", str(tmp_path), "--image-topic", "/nowhere"])


def test_a_ros1_bag_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="ROS 1"):
        live.main([str(tmp_path / "old.bag")])
