"""Set-up does what is due and no more, and starts anew where it was stopped in the middle."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pip_install
import pytest
import set_up

from tests.packaging.repository import ROOT_PATH, copy_tracked

pytestmark = pytest.mark.long


@pytest.fixture
def checkout_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the checkout, without an environment, that `set_up` takes for its own."""
    root_path = copy_tracked(tmp_path / "checkout")
    venv_path = root_path / ".venv"
    state_path = venv_path / "converseg"
    for name, value in {
        "ROOT_PATH": root_path,
        "VENV_PATH": venv_path,
        "STATE_PATH": state_path,
        "HALF_DONE_PATH": state_path / "half_done",
        "LOG_PATH": state_path / "set_up.log",
        "PYTHON_PATH": venv_path / "bin" / "python",
        "REQUIREMENTS_PATH": root_path / "requirements",
    }.items():
        monkeypatch.setattr(set_up, name, value)
    return root_path


def prints(level: str = "dev") -> dict[str, str]:
    return {name: set_up.fingerprint(name) for name, _ in set_up.steps(level)}


def append(name: str) -> Callable[[Path], None]:
    def change(root_path: Path) -> None:
        path = root_path / name
        path.write_bytes(path.read_bytes() + b"\n")

    return change


@pytest.mark.parametrize(
    ("change", "due"),
    [
        (append("msg/Segmentation.msg"), {"interfaces"}),
        (append("action/Segment.action"), {"interfaces"}),
        (append("CMakeLists.txt"), {"interfaces"}),
        (append("pyproject.toml"), {"project"}),
        (append("requirements/dev.txt"), {"dev_packages"}),
        (append("requirements/demo.txt"), {"packages", "interfaces", "project", "dev_packages"}),
        (append("converseg_core/answer.py"), set()),
        (lambda root_path: (root_path / "msg" / "New.msg").write_text("bool yes\n"), {"interfaces"}),
    ],
)
def test_a_change_makes_just_its_steps_due(
    checkout_path: Path, change: Callable[[Path], None], due: set[str]
) -> None:
    before = prints()
    change(checkout_path)
    after = prints()
    assert {name for name in after if after[name] != before[name]} == due


def test_a_stamp_counts_only_with_a_working_environment(checkout_path: Path) -> None:
    set_up.STATE_PATH.mkdir(parents=True)
    set_up.write_stamp("project")
    assert not set_up.is_done("project")
    set_up.PYTHON_PATH.parent.mkdir()
    set_up.PYTHON_PATH.symlink_to(sys.executable)
    assert set_up.is_done("project")
    append("pyproject.toml")(checkout_path)
    assert not set_up.is_done("project")


def test_a_half_done_environment_is_made_anew(
    checkout_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(set_up, "NEEDED_BYTES", {"demo": 0, "dev": 0})
    set_up.make_venv("demo")
    assert set_up.has_right_python()
    assert (set_up.VENV_PATH / "COLCON_IGNORE").exists()
    kept_path = set_up.STATE_PATH / "interfaces.stamp"
    kept_path.touch()
    set_up.make_venv("demo")
    assert kept_path.exists()
    set_up.HALF_DONE_PATH.touch()
    set_up.make_venv("demo")
    assert not kept_path.exists()
    assert not set_up.HALF_DONE_PATH.exists()
    assert set_up.has_right_python()
    capsys.readouterr()


def test_a_folder_of_somebody_else_is_left_alone(
    checkout_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(set_up, "NEEDED_BYTES", {"demo": 0, "dev": 0})
    letter_path = set_up.VENV_PATH / "letter.txt"
    letter_path.parent.mkdir()
    letter_path.write_text("dear diary")
    with pytest.raises(set_up.SetUpError, match="is no virtual environment"):
        set_up.make_venv("demo")
    assert letter_path.read_text() == "dear diary"


def test_a_failing_pip_is_told_in_one_line(tmp_path: Path) -> None:
    half_done_path = tmp_path / "half_done"
    with pytest.raises(pip_install.SetUpError, match=r"Trial failed: .*no-such-file") as caught:
        pip_install.pip_install(
            Path(sys.executable),
            ["--no-index", "-r", "no-such-file.txt"],
            label="Trial",
            num_packages=1,
            environment=os.environ,
            log_path=tmp_path / "log",
            half_done_path=half_done_path,
        )
    assert "\n" not in str(caught.value)
    assert not half_done_path.exists()


def test_pins_are_counted_through_includes(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("# a comment\na==1\nb==2\n")
    (tmp_path / "two.txt").write_text("-r one.txt\nc==3\n")
    assert pip_install.num_pins(tmp_path / "two.txt") == 3


@pytest.mark.usefixtures("make_environment")
def test_a_complete_environment_is_left_as_it_is() -> None:
    stamps = {path: path.stat().st_mtime_ns for path in (ROOT_PATH / ".venv" / "converseg").glob("*.stamp")}
    assert len(stamps) == 4
    # Under `make test` a second make would say that it is one.
    environment = {
        name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")
    }
    done = subprocess.run(
        ["make", "setup"], cwd=ROOT_PATH, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
