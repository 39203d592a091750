"""States, bundles that can't be loaded, overflow, and signals at any time."""

from __future__ import annotations

import json
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.msg import Parameter, ParameterValue
from rcl_interfaces.srv import SetParameters
from std_msgs.msg import String

from converseg_core.answer import Status
from converseg_core.bundle import resolve
from tests.ros.client import Client, segmenter
from tests.ros.domains import free_domain
from tests.ros.harness import MODEL, START_S, NodeProcess

PICTURE = np.full((40, 50, 3), 120, np.uint8)
ANSWERED = (Status.OK, Status.NO_TARGET)
MODULE = "converseg_ros.segmenter_node"


def change(client: Client, transition_id: int) -> bool:
    changed = client.call(ChangeState, "segmenter/change_state", transition=Transition(id=transition_id))
    return bool(changed.success)


def state(client: Client) -> str:
    return str(client.call(GetState, "segmenter/get_state").current_state.label)


def set_parameter(client: Client, name: str, value: ParameterValue) -> Any:
    parameters = [Parameter(name=name, value=value)]
    return client.call(SetParameters, "segmenter/set_parameters", parameters=parameters).results[0]


def test_every_state_answers_and_a_round_trip_works(tmp_path: Path) -> None:
    with segmenter(tmp_path, autostart=False) as (process, client):
        client.wait_for_segmenter(is_active=False)
        assert state(client) == "unconfigured"
        answer = client.ask("the red mug")
        assert answer.status == Status.ERROR
        assert "it is not configured" in answer.status_text
        for _ in range(2):
            assert change(client, Transition.TRANSITION_CONFIGURE)
            answer = client.ask("the red mug")
            assert answer.status == Status.ERROR
            assert "it is not active" in answer.status_text
            assert answer.model_id
            assert change(client, Transition.TRANSITION_ACTIVATE)
            client.wait_for_segmenter()
            assert client.ask_on(client.show(PICTURE).header, "the red mug").status in ANSWERED
            assert change(client, Transition.TRANSITION_DEACTIVATE)
            client.wait_for(lambda: client.images.get_subscription_count() == 0)
            assert change(client, Transition.TRANSITION_CLEANUP)
        assert change(client, Transition.TRANSITION_UNCONFIGURED_SHUTDOWN)
        assert state(client) == "finalized"
        assert process.is_alive
        assert process.stop()[0] == 0


def test_overflow_is_rejected_and_deactivation_cancels(tmp_path: Path) -> None:
    with segmenter(tmp_path, queue_size=2, wait_for_frame_s=60.0) as (process, client):
        client.wait_for_segmenter()
        arrays = client.listen(DiagnosticArray, "/diagnostics")

        def diagnosed(**expected: str) -> bool:
            values = {pair.key: pair.value for pair in arrays[-1].status[0].values} if arrays else {}
            return all(values.get(key.replace("_", " ")) == value for key, value in expected.items())

        # No frame: two questions wait, the rest has no room.
        for index in range(5):
            client.instructions.publish(String(data=f"mug {index}"))
        client.wait_for(lambda: len(client.answers) >= 3)
        client.wait_for(lambda: diagnosed(questions="5", questions_waiting="2"))
        assert [answer.status for answer in client.answers] == [Status.REJECTED] * 3
        assert all("already wait" in answer.status_text for answer in client.answers)
        assert change(client, Transition.TRANSITION_DEACTIVATE)
        client.wait_for(lambda: len(client.answers) >= 5)
        assert [answer.status for answer in client.answers[3:]] == [Status.CANCELLED] * 2
        assert {answer.prompt for answer in client.answers} == {f"mug {index}" for index in range(5)}
        assert process.stop()[0] == 0


def test_parameters_are_checked_and_live(tmp_path: Path) -> None:
    with segmenter(tmp_path, wait_for_frame_s=0.1) as (process, client):
        client.wait_for_segmenter()
        too_large = ParameterValue(type=3, double_value=1e9)
        assert not set_parameter(client, "max_frame_age_s", too_large).successful
        wrong = ParameterValue(type=4, string_value="perhaps")
        refused = set_parameter(client, "reliability", wrong)
        assert not refused.successful
        assert "best_effort, reliable" in refused.reason
        assert set_parameter(client, "max_image_side", ParameterValue(type=2, integer_value=16)).successful
        answer = client.ask_on(client.show(PICTURE).header, "the red mug")
        assert answer.status == Status.ERROR
        assert "max_image_side=16" in answer.status_text
        assert process.is_alive


@pytest.mark.parametrize(
    ("damage", "reason"), [("checksum", "sha256"), ("missing", "missing"), ("schema", "schema")]
)
def test_a_damaged_bundle_is_named_and_the_node_lives_on(tmp_path: Path, damage: str, reason: str) -> None:
    bundle = shutil.copytree(resolve(MODEL), tmp_path / "bundle")
    manifest_path = bundle / "bundle.json"
    network = next(path for path in bundle.iterdir() if path.suffix == ".onnx")
    original, manifest = network.read_bytes(), manifest_path.read_text(encoding="utf-8")
    if damage == "checksum":
        network.write_bytes(original[:-1] + bytes([original[-1] ^ 1]))
    elif damage == "missing":
        network.unlink()
    else:
        newer = json.loads(manifest)
        (key,) = [key for key in newer if "schema" in key]
        newer[key] = newer[key] + 1000 if isinstance(newer[key], int) else "1000"
        manifest_path.write_text(json.dumps(newer), encoding="utf-8")
    with segmenter(tmp_path, model=bundle) as (process, client):
        client.wait_for_segmenter(is_active=False)
        answer = client.ask("the red mug")
        assert answer.status == Status.ERROR
        assert "could not be loaded" in answer.status_text
        assert reason in answer.status_text
        assert state(client) == "unconfigured"
        network.write_bytes(original)
        manifest_path.write_text(manifest, encoding="utf-8")
        assert change(client, Transition.TRANSITION_CONFIGURE), process.log
        assert change(client, Transition.TRANSITION_ACTIVATE)
        client.wait_for_segmenter()
        assert client.ask_on(client.show(PICTURE).header, "the red mug").status in ANSWERED
        assert process.stop()[0] == 0


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--ros-args", "-p", "reliability:=perhaps"], "parameter reliability"),
        (["--ros-args", "-p", "queue_size:=many"], "parameter queue_size"),
        (["--ros-args", "-p", "history_depth:=0"], "parameter history_depth"),
        (["--ros-args", "-p", "max_frame_age_s:=-1.0"], "parameter max_frame_age_s"),
        (["--ros-args", "--no-such-option"], "arguments"),
        (["frames"], "arguments"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(tmp_path: Path, arguments: list[str], text: str) -> None:
    process = NodeProcess(MODULE, arguments, domain=free_domain(), tmp_path=tmp_path)
    assert process.wait(START_S) == 2
    assert f"error: {text}" in process.log
    assert "Traceback" not in process.log


@pytest.mark.alone
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["importing", "loading", "ready", "answering"])
def test_signals_end_it_within_two_seconds(tmp_path: Path, moment: str, number: int) -> None:
    with segmenter(tmp_path, wait_for_frame_s=60.0) as (process, client):
        if moment == "importing":
            # From the moment when the interpreter runs our code; before that nobody can answer a signal.
            wait_until(lambda: has_handlers(process), process)
        elif moment == "loading":
            wait_until(lambda: (tmp_path / "ros_logs").exists(), process)
        else:
            client.wait_for_segmenter()
        if moment == "answering":
            for _ in range(50):
                client.show(PICTURE)
                client.instructions.publish(String(data="the red mug"))
            client.wait_for(lambda: client.answers)
        code, spent_s = process.stop(number)
        assert code == 0, process.log
        assert spent_s < 2.0
        assert "Traceback" not in process.log


def wait_until(condition: Any, process: NodeProcess) -> None:
    deadline_s = time.monotonic() + START_S
    while not condition():
        assert process.is_alive, process.log
        assert time.monotonic() < deadline_s
        time.sleep(0.001)


def has_handlers(process: NodeProcess) -> bool:
    """True once the process catches SIGINT and SIGTERM itself."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    caught = int(next(line for line in status.splitlines() if line.startswith("SigCgt")).split()[1], 16)
    wanted = (1 << (signal.SIGINT - 1)) | (1 << (signal.SIGTERM - 1))
    return caught & wanted == wanted
