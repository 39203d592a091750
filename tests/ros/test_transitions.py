"""Configure, activate, deactivate, clean up, round and round: nothing may pile up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState

from converseg_core.answer import Status
from converseg_core.live.process_meter import resident_bytes
from tests.ros.client import Client, segmenter
from tests.ros.harness import START_S

PICTURE = np.full((480, 640, 3), 120, np.uint8)
ROUND = (
    Transition.TRANSITION_CONFIGURE,
    Transition.TRANSITION_ACTIVATE,
    Transition.TRANSITION_DEACTIVATE,
    Transition.TRANSITION_CLEANUP,
)


@dataclass(frozen=True)
class Use:
    """What a process holds."""

    memory_mb: float
    num_threads: int
    num_files: int


def use_of(pid: int) -> Use:
    folder = Path(f"/proc/{pid}")
    num_threads, num_files = (len(list((folder / name).iterdir())) for name in ("task", "fd"))
    return Use(resident_bytes(pid) / 1e6, num_threads, num_files)


def changer(client: Client) -> Callable[[int], bool]:
    """One service client for all changes: each new one would be remembered by the node's middleware."""
    service = client.node.create_client(ChangeState, "segmenter/change_state")
    client.wait_for(service.service_is_ready, START_S, "for the lifecycle")
    client.wait_until_known()

    def change(transition_id: int) -> bool:
        future = service.call_async(ChangeState.Request(transition=Transition(id=transition_id)))
        client.wait_for(future.done, START_S, f"for transition {transition_id}")
        return bool(future.result().success)

    return change


def uses_of_rounds(tmp_path: Path, num_rounds: int) -> list[Use]:
    """What the node holds after each round; in each it answers a question on a picture."""
    uses = []
    with segmenter(tmp_path, autostart=False) as (process, client):
        client.wait_for_segmenter(is_active=False)
        change = changer(client)
        for _ in range(num_rounds):
            for transition_id in ROUND:
                assert change(transition_id), process.log
                if transition_id == Transition.TRANSITION_ACTIVATE:
                    client.wait_for_segmenter()
                    header = client.show(PICTURE).header
                    assert client.ask_on(header, "the red mug").status in (Status.OK, Status.NO_TARGET)
            client.wait_for(lambda: client.images.get_subscription_count() == 0)
            uses.append(use_of(process.pid))
        assert "Traceback" not in process.log
        assert process.stop()[0] == 0
    return uses


def check(uses: list[Use], *, num_warm: int, max_mb_per_round: float) -> None:
    warm = uses[num_warm:]
    # A thread that ends may still be there when it is looked; one that is left stays in every later round.
    for held in ("num_threads", "num_files"):
        before = max(getattr(use, held) for use in uses[:num_warm])
        assert min(getattr(use, held) for use in warm[-3:]) <= before, uses
    memory_mb = np.array([use.memory_mb for use in warm])
    first, second = np.triu_indices(len(warm), k=1)
    slopes = (memory_mb[second] - memory_mb[first]) / (second - first)
    assert np.median(slopes) < max_mb_per_round, memory_mb.round(1)


def test_five_rounds_leave_nothing_behind(tmp_path: Path) -> None:
    # So few rounds show leaks of a whole model (tens of MB), of a thread, of a file.
    check(uses_of_rounds(tmp_path, 5), num_warm=2, max_mb_per_round=4.0)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_hundred_rounds_leave_nothing_behind(tmp_path: Path) -> None:
    uses = uses_of_rounds(tmp_path, 100)
    print(f"first {uses[0]}; tenth {uses[9]}; last {uses[-1]}")
    check(uses, num_warm=20, max_mb_per_round=0.05)
