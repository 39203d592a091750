"""Many bags through real executors and real processes: one table, nothing redone, failures named."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from converseg_core.bags import BagError
from converseg_core.cli.bag import fleet as command
from converseg_core.cli.errors import UsageError
from converseg_core.evaluation.predictions_file import read_predictions
from converseg_core.offline.fleet import BagTask, Fleet, find_bags
from tests.core.offline.bags import frames, write_bag

NUM_FRAMES = 6


def run(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command_line(*args), capture_output=True, text=True, timeout=100)


def command_line(*args: str) -> list[str]:
    return [sys.executable, "-m", "converseg_core.cli.main", "bags", *args]


def ask(folder: Path, out: Path, *more: str) -> list[str]:
    return [str(folder), "--out", str(out), "--prompt", "the red mug", "--no-report", "--json", *more]


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Two good bags, one of them deep in a folder, and one whose end is missing."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    write_bag(folder / "monday", frames(NUM_FRAMES))
    (folder / "lab" / "deep").mkdir(parents=True)
    write_bag(folder / "lab" / "deep" / "tuesday", frames(NUM_FRAMES, first=3))
    write_bag(folder / "wednesday", frames(400), compress=False)
    (file,) = (folder / "wednesday").glob("*.mcap")
    file.write_bytes(file.read_bytes()[:20_000])
    (folder / "wednesday" / "metadata.yaml").unlink()
    (folder / "thursday.mcap").write_bytes(b"no bag at all")
    return folder


def by_name(metrics: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {bag["name"]: bag for bag in metrics["bags"]}


def written(out: Path, names: Sequence[str]) -> dict[str, int]:
    return {name: (out / "bags" / name / "predictions.parquet").stat().st_mtime_ns for name in names}


def test_two_workers_one_table_nothing_redone_failures_named(recordings: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run(*ask(recordings, out, "--workers", "2"))
    assert done.returncode == 1, done.stderr
    metrics = json.loads(done.stdout)
    bags = by_name(metrics)
    assert sorted(bags) == ["monday", "thursday", "tuesday", "wednesday"]
    assert [bags[name]["exit_code"] for name in ("monday", "tuesday")] == [0, 0]
    assert "does not begin as an mcap file" in bags["thursday"]["words"]
    assert not bags["thursday"]["is_finished"]
    assert bags["wednesday"]["is_finished"]
    assert "cut off or damaged" in bags["wednesday"]["words"]
    assert "2 of 4 bags are not good" in done.stderr
    for name in ("thursday", "wednesday"):
        assert f"converseg: {name} (" in done.stderr
    rows = read_predictions(out / "predictions.parquet").predictions
    num_kept = bags["wednesday"]["num_frames"]
    assert 0 < num_kept < 400
    assert len(rows) == 2 * NUM_FRAMES + num_kept == metrics["num_questions"]
    assert rows[0].id == "monday/00000000-000"
    assert rows[0].image == "monday//camera/image#000000"
    # Once more: the two good bags and the damaged one stay as they are, the one that failed is tried again.
    kept = ["monday", "tuesday", "wednesday"]
    before = written(out, kept)
    (recordings / "thursday.mcap").unlink()
    again = run(*ask(recordings, out, "--workers", "2"))
    assert written(out, kept) == before
    assert again.returncode == 1
    assert by_name(json.loads(again.stdout)).keys() == set(kept)
    assert "3 of them done before" in again.stderr


def test_killed_with_all_its_processes_it_goes_on(tmp_path: Path) -> None:
    folder, out = tmp_path / "recordings", tmp_path / "out"
    folder.mkdir()
    for k in range(3):
        write_bag(folder / f"bag_{k}", frames(NUM_FRAMES, first=k))
    process = subprocess.Popen(
        command_line(*ask(folder, out)), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 90
    while not (out / "bags" / "bag_0" / "outcome.json").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.kill()
    process.wait(10)
    before = written(out, ["bag_0"])
    # Killed alone: its workers and their bags must not outlive it.
    while pids := working_on(out):
        assert time.monotonic() < deadline, pids
        time.sleep(0.05)
    assert not (out / "bags" / "bag_2" / "outcome.json").exists()
    done = run(*ask(folder, out, "--workers", "2"))
    assert done.returncode == 0, done.stderr
    assert written(out, ["bag_0"]) == before
    assert "1 of them done before" in done.stderr
    assert json.loads(done.stdout)["num_questions"] == 3 * NUM_FRAMES


def working_on(out: Path) -> list[int]:
    """Processes whose command line names this run's folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
        except OSError:
            continue
        if any(word.startswith(str(out).encode()) for word in words) and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


def test_a_bag_that_crashes_its_process_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_bag(tmp_path / "bag", frames(2))
    fleet = Fleet(find_bags([tmp_path / "bag"]), ("--prompt", "x"), "", tmp_path / "out")

    def killed(*_: Any, **__: Any) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"])

    monkeypatch.setattr(BagTask, "_run", lambda *_: killed().returncode)
    BagTask(fleet)(0)
    outcome = fleet.outcome("bag")
    assert outcome.exit_code == -signal.SIGKILL
    assert not outcome.is_finished
    assert "ended by signal 9" in outcome.words


def test_what_counts_as_a_bag(recordings: Path, tmp_path: Path) -> None:
    assert sorted(find_bags([recordings])) == ["monday", "thursday", "tuesday", "wednesday"]
    assert find_bags([recordings / "monday"]) == {"monday": (recordings / "monday").resolve()}
    write_bag(recordings / "lab" / "monday", frames(1))
    names = find_bags([recordings, recordings / "monday"])
    assert len(names) == 5
    assert all(name.startswith("monday-") for name, bag in names.items() if bag.name == "monday")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BagError, match="holds no bag"):
        find_bags([tmp_path / "empty"])
    with pytest.raises(BagError, match="does not exist"):
        find_bags([tmp_path / "nowhere"])


def test_other_questions_are_asked_anew(tmp_path: Path) -> None:
    bags = {"a": write_bag(tmp_path / "a", frames(1))}
    one = Fleet(bags, ("--prompt", "x"), "m", tmp_path)
    keys = {
        fleet.keys["a"]
        for fleet in (
            one,
            Fleet(bags, ("--prompt", "y"), "m", tmp_path),
            Fleet(bags, ("--prompt", "x"), "other", tmp_path),
            Fleet({"a": write_bag(tmp_path / "b", frames(2))}, ("--prompt", "x"), "m", tmp_path),
        )
    }
    assert len(keys) == 4


@pytest.mark.skipif(shutil.which("sbatch") is not None, reason="would hand work to a real cluster")
def test_what_a_cluster_node_is_given(tmp_path: Path) -> None:
    """Without Slurm here: the job is written whole before sbatch is missed, and a node can do its task."""
    write_bag(tmp_path / "bag", frames(2))
    (tmp_path / "slurm.toml").write_text('kind = "slurm"\ntime = "1:00:00"\npartition = "gpu"\n')
    out = tmp_path / "out"
    more = ["--no-annotate", "--executor", str(tmp_path / "slurm.toml")]
    refused = run(*ask(tmp_path / "bag", out, *more))
    assert refused.returncode == 1
    assert "sbatch" in refused.stderr
    assert "#SBATCH --partition=gpu" in (out / "logs" / "launch_script.slurm").read_text()
    program = "import sys, dill; list(dill.load(open(sys.argv[1], 'rb')).pipeline[0](None, 0, 1))"
    subprocess.run(
        [sys.executable, "-c", program, str(out / "logs" / "executor.pik")], check=True, timeout=60
    )
    gathered = run(*ask(tmp_path / "bag", out, "--no-annotate", "--gather"))
    assert gathered.returncode == 0, gathered.stderr
    assert json.loads(gathered.stdout)["num_questions"] == 2


def test_wrong_use(tmp_path: Path) -> None:
    bag = str(write_bag(tmp_path / "bag", frames(1)))
    with pytest.raises(UsageError, match="--workers 0"):
        command.main([bag, "--workers", "0"])
    (tmp_path / "cluster.toml").write_text('kind = "moon"\n')
    with pytest.raises(UsageError, match=r"--executor kind: .*slurm, ray"):
        command.main(
            [bag, "--prompt", "x", "--out", str(tmp_path / "o"), "--executor", str(tmp_path / "cluster.toml")]
        )
