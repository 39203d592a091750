"""A machine that lacks something is told so in one line, before anything is made."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import preflight
import pytest

from tests.packaging.repository import copy_tracked


def programs(folder: Path, *names: str) -> str:
    folder.mkdir()
    for name in names:
        found = shutil.which(name)
        assert found, name
        (folder / name).symlink_to(found)
    return str(folder)


def base_python() -> str:
    return str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}")


def test_this_machine_lacks_nothing(tmp_path: Path) -> None:
    assert preflight.check_machine(disk_path=tmp_path, needed_bytes=0) == []


def test_missing_compiler_stops_set_up_in_one_line(tmp_path: Path) -> None:
    checkout_path = copy_tracked(tmp_path / "checkout")
    done = subprocess.run(
        [base_python(), "-E", "-s", "scripts/set_up.py", "demo"],
        cwd=checkout_path,
        env={"PATH": programs(tmp_path / "bin", "gcc", "make")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if line]
    assert len(lines) == 1, done.stderr
    assert "Missing: g++." in lines[0]
    assert "apt-get install g++" in lines[0]
    assert done.stdout == ""
    assert not (checkout_path / ".venv").exists()


def test_make_says_which_python_it_wants(tmp_path: Path) -> None:
    checkout_path = copy_tracked(tmp_path / "checkout")
    path = programs(tmp_path / "bin", "make", "bash", "gcc", "g++")
    done = subprocess.run(
        ["make", "demo"], cwd=checkout_path, env={"PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert len(said) == 1, done.stderr
    assert "Python 3.11 or 3.12" in said[0]
    assert "python3-venv" in said[0]


def test_missing_headers_name_their_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("preflight.sysconfig.get_path", lambda _name: str(tmp_path))
    missing = preflight.check_machine(disk_path=tmp_path, needed_bytes=0)
    assert [item.what for item in missing] == ["Python.h"]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert preflight.in_one_line(missing).endswith(f"apt-get install python{version}-dev")


def test_too_small_a_disk(tmp_path: Path) -> None:
    missing = preflight.check_machine(disk_path=tmp_path, needed_bytes=10**18)
    assert len(missing) == 1
    line = preflight.in_one_line(missing)
    assert "GiB of free disk" in line
    assert "apt-get" not in line
    assert "\n" not in line
