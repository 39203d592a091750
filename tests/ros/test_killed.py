"""kill -9 of the camera, of a client, of the node: the others go on, and all is well again in two seconds.

One node, one camera and one client for all tests, in this order: the node comes last. The node, the camera
and the client that times the node's return are processes under our transport profile, as the documents ask
of all that should find each other again so fast (decision 0011).
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from std_msgs.msg import String

from converseg_core.answer import Status
from converseg_core.cli.doctor.shared_memory import left_over_segments
from tests.ros.client import Client
from tests.ros.domains import free_domain
from tests.ros.harness import START_S, NodeProcess, ros_parameters
from tests.stand_in.asker import first_answer_s, longest_silence_s
from tests.stand_in.model import Settings, write_bundle

pytestmark = pytest.mark.alone

RECOVERY_S = 2.0
STOCK_S = 5.0
"""For a client with Fast DDS' own settings, which repeat what was lost after 3 s."""
PROMPT = "the red square"


class Robot:
    """The processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._domain = free_domain()
        self._processes: list[NodeProcess] = []
        self._bundle = write_bundle(folder / "bundle", Settings(encode_s=0.02))
        self.node = self.start_node()
        self.camera = self.start("tests.stand_in.camera", "--now")
        self.client = Client(self._domain)
        self.client.wait_for_segmenter()
        self.node.wait_for_log("active: ask")
        self.camera.wait_for_log("publishing")

    def start(self, module: str, *arguments: str) -> NodeProcess:
        process = NodeProcess(module, arguments, domain=self._domain, tmp_path=self._folder)
        self._processes.append(process)
        return process

    def start_node(self) -> NodeProcess:
        limits = {"max_frame_age_s": 0.4, "wait_for_frame_s": 0.4, "model": self._bundle}
        return self.start("tests.stand_in.segmenter_node", *ros_parameters(**limits))

    def seconds_until_answered(self, start_s: float, timeout_s: float = 20.0) -> float:
        """Ask 20 times a second from now; seconds from ``start_s`` to the first answer with a mask."""
        num_before, due_s = len(self.client.answers), 0.0

        def is_answered() -> bool:
            nonlocal due_s
            # Not with each message handled: each refusal would lead to the next, by the thousand.
            if time.monotonic() >= due_s:
                due_s = time.monotonic() + 0.05
                self.client.instructions.publish(String(data=PROMPT))
            new = self.client.answers[num_before:]
            return any(answer.status == Status.OK and answer.prompt == PROMPT for answer in new)

        self.client.wait_for(is_answered, timeout_s, "for an answer")
        return time.monotonic() - start_s

    def close(self) -> None:
        self.client.close()
        for process in self._processes:
            process.kill()


@pytest.fixture(scope="module")
def robot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Robot]:
    made = Robot(tmp_path_factory.mktemp("robot"))
    yield made
    made.close()


def kill(process: NodeProcess) -> None:
    process.stop(signal.SIGKILL)


def wait_for_answer(asker: NodeProcess, after_s: float, timeout_s: float = 20.0) -> float:
    """When an asker had its first answer after a moment, steady clock."""
    deadline_s = time.monotonic() + timeout_s
    while (answered_s := first_answer_s(asker.log, after_s)) is None:
        assert asker.is_alive
        assert time.monotonic() < deadline_s, "no answer came"
        time.sleep(0.02)
    return answered_s


def spin(client: Client, duration_s: float) -> None:
    end_s = time.monotonic() + duration_s
    client.wait_for(lambda: time.monotonic() >= end_s)


def test_a_killed_client_disturbs_nobody_and_may_come_back(robot: Robot) -> None:
    assert robot.seconds_until_answered(time.monotonic()) < START_S
    bystander = robot.start("tests.stand_in.asker", PROMPT)
    wait_for_answer(bystander, 0.0, START_S)
    for words in ("the red thing", "the red patch"):
        talker = robot.start("tests.stand_in.talker", words)
        talker.wait_for_log("answered")
        assert float(talker.log.partition("answered")[2].split()[0]) < RECOVERY_S
        kill(talker)  # with goals in work, and while answers and masks are on their way to it
        end_s = time.monotonic() + 1.5
        while time.monotonic() < end_s:
            assert robot.seconds_until_answered(time.monotonic()) < STOCK_S
    spin(robot.client, RECOVERY_S)  # a silence that began in the last moment would be over
    assert longest_silence_s(bystander.log, time.monotonic()) < RECOVERY_S
    bystander.kill()
    assert robot.node.is_alive
    assert "Traceback" not in robot.node.log


def test_a_killed_camera_is_said_and_taken_up_again(robot: Robot) -> None:
    kill(robot.camera)
    robot.client.wait_for(
        lambda: robot.client.ask(PROMPT).status == Status.STALE_FRAME, what="for stale frames"
    )
    robot.camera = robot.start("tests.stand_in.camera", "--now")
    robot.camera.wait_for_log("publishing")
    assert robot.seconds_until_answered(time.monotonic()) < RECOVERY_S
    assert robot.node.is_alive
    assert "Traceback" not in robot.node.log


def test_a_killed_node_is_found_again_by_camera_and_client(robot: Robot) -> None:
    asker = robot.start("tests.stand_in.asker", PROMPT)
    wait_for_answer(asker, 0.0, START_S)
    kill(robot.node)
    segments = {path.name for path in robot.node.left_over} & set(left_over_segments())
    assert segments  # what the doctor finds after a kill
    spin(robot.client, 0.5)  # what it sent before
    num_before = len(robot.client.answers)
    for _ in range(20):  # nobody answers; nothing breaks
        robot.client.instructions.publish(String(data=PROMPT))
    spin(robot.client, 0.5)
    assert len(robot.client.answers) == num_before
    assert robot.camera.is_alive
    start_s = time.monotonic()
    robot.node = robot.start_node()
    robot.node.wait_for_log("active: ask")
    active_s = time.monotonic()
    assert wait_for_answer(asker, start_s) - active_s < RECOVERY_S
    robot.seconds_until_answered(active_s)  # a client with Fast DDS' own settings comes back too
    assert robot.camera.is_alive
    assert robot.node.stop()[0] == 0
