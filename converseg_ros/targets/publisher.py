"""From answers to ``~/target``, ``~/target_points`` and ``~/scene_points``, beside the model's thread."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from converseg.msg import Target3D as TargetMessage
from rclpy.event_handler import PublisherEventCallbacks, UnsupportedEventTypeError
from rclpy.node import Node
from sensor_msgs.msg import PointCloud2

from converseg_core.geometry import Target3D, TargetStatus, no_target
from converseg_core.geometry.synchroniser import Matched, Unmatched
from converseg_ros.camera.depth_input import DepthInput, stamp_ns
from converseg_ros.health.inputs import Inputs
from converseg_ros.targets.maker import TargetMaker
from converseg_ros.targets.messages import TargetJob, target_message
from converseg_ros.targets.parameters import target_settings
from converseg_ros.transport.qos import output_qos

POLL_S = 0.05
MAX_WAITING = 20
MAX_EXPECTED = 8


@dataclass(eq=False)
class _Expected:
    """A frame whose depth is asked for, and the jobs that wait for it."""

    result: Matched | Unmatched | None = None
    jobs: list[TargetJob] = field(default_factory=list)


class TargetPublisher:
    """Holds the 3D side of a segmenter: a thread of its own, inputs, outputs and counts.

    Use: declare ``SPECS`` and ``TARGET_SPECS``; make one; :meth:`activate` and :meth:`deactivate` with the
    node; call :meth:`expect` when the model starts on a frame, so that its depth is kept however long the
    model takes, and :meth:`offer` with each mask. Nothing here blocks the caller.
    """

    def __init__(self, node: Node, *, prefix: str = "", on_fault: Callable[[str], None]) -> None:
        """Make publishers and the input; no thread yet.

        Args:
            node: with ``SPECS`` and ``TARGET_SPECS`` declared.
            prefix: of all topics, empty or ending in a slash.
            on_fault: told about what should not happen; called from this object's thread.
        """
        self._node, self._on_fault = node, on_fault
        self._changed = threading.Condition()
        self._jobs: deque[TargetJob] = deque()
        self._expected: OrderedDict[int, _Expected] = OrderedDict()
        self._counts: Counter[str] = Counter()
        self._maker = TargetMaker(node)
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._has_news = False
        self._input = DepthInput(node, prefix=prefix, on_message=self._notify)
        outputs = output_qos(node)

        # A lifecycle node's own method makes publishers that are silent outside the active state.
        def create(kind: Any, topic: str) -> Any:
            events = PublisherEventCallbacks(matched=lambda _: self._listen_where_wanted())
            try:
                return Node.create_publisher(
                    node, kind, f"~/{prefix}{topic}", outputs, event_callbacks=events
                )
            except UnsupportedEventTypeError:  # a middleware that does not tell who listens
                self._tells_listeners = False
                return Node.create_publisher(node, kind, f"~/{prefix}{topic}", outputs)

        self._tells_listeners = True
        self._target = create(TargetMessage, "target")
        self._target_points = create(PointCloud2, "target_points")
        self._scene_points = create(PointCloud2, "scene_points")

    def activate(self) -> None:
        """Start to work; depth is subscribed once somebody listens.

        Raises:
            ValueError: the parameters contradict each other.
        """
        target_settings(self._node)
        self._stop.clear()
        self._input.activate()
        self._thread = threading.Thread(target=self._work, name="targets", daemon=True)
        self._thread.start()
        self._listen_where_wanted()

    def deactivate(self) -> None:
        """Unsubscribe; what waits is answered with NO_DEPTH and the reason."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._stop.set()
        self._notify()
        thread.join(timeout=2.0)
        waiting = self._input.deactivate()
        with self._changed:
            jobs = [*self._jobs, *(job for each in self._expected.values() for job in each.jobs)]
            self._jobs.clear()
            self._expected.clear()
        for job in jobs:
            self._refuse(job, TargetStatus.NO_DEPTH, "the node was deactivated before its depth came")
        self._count("frames forgotten", len(waiting))

    @property
    def inputs(self) -> Inputs:
        """The subscriptions to depth and calibration."""
        return self._input.inputs

    @property
    def is_wanted(self) -> bool:
        """Whether anybody listens."""
        publishers = (self._target, self._target_points, self._scene_points)
        return any(publisher.get_subscription_count() > 0 for publisher in publishers)

    def expect(self, header: Any) -> None:
        """Say that a mask of this frame will follow: its depth is looked for, and then kept for it."""
        if self._thread is not None and self.is_wanted:
            with self._changed:
                self._ask(stamp_ns(header))

    def offer(self, job: TargetJob) -> None:
        """Hand over a mask.

        Of propagated masks only the newest waits; of more than 20 others the oldest is answered NO_DEPTH.
        """
        if self._thread is None or not self.is_wanted:
            self._count("not wanted")
            return
        refused: TargetJob | None = None
        with self._changed:
            self._counts["offered"] += 1
            if job.propagated:
                num_before = len(self._jobs)
                self._jobs = deque(each for each in self._jobs if not each.propagated)
                self._counts["replaced by a newer"] += num_before - len(self._jobs)
            self._jobs.append(job)
            if len(self._jobs) > MAX_WAITING:
                refused = self._jobs.popleft()
        if refused is not None:
            self._refuse(refused, TargetStatus.NO_DEPTH, "too many masks wait for their depth")
        self._notify()

    def values(self) -> dict[str, str]:
        """For ``/diagnostics``."""
        with self._changed:
            counts = {f"targets {name}": number for name, number in sorted(self._counts.items())}
        counts |= {f"sync {name}": number for name, number in self._input.counts().items()}
        return {name: str(number) for name, number in counts.items()}

    def trouble(self) -> str:
        """What keeps targets from being found, for people; empty where nothing does."""
        counts = self._input.counts()
        if self._thread is None or not counts.get("asked"):
            return ""
        for stream in ("depth", "camera_info"):
            if not counts[f"{stream} received"]:
                return f"no message has come on the topic '{stream}'; remap it, and compare its QoS"
        if counts.get("unmatched: depth none near") and not counts.get("matched exactly", 0) + counts.get(
            "matched nearly", 0
        ):
            return (
                "no depth picture has a stamp near its frame's; raise depth_tolerance_s or align the clocks"
            )
        return ""

    def _listen_where_wanted(self) -> None:
        """Subscribe to depth where somebody listens, else drop it. Called where a listener comes or goes."""
        if self._thread is not None:
            self._input.listen(self.is_wanted or not self._tells_listeners)

    def _notify(self) -> None:
        with self._changed:
            self._has_news = True
            self._changed.notify_all()

    def _ask(self, frame_stamp_ns: int) -> _Expected:
        """The entry of a frame, asked for where it is new. Call with the lock held."""
        entry = self._expected.get(frame_stamp_ns)
        if entry is None:
            entry = self._expected[frame_stamp_ns] = _Expected()
            self._input.ask(frame_stamp_ns, frame_stamp_ns)
            done = [
                stamp for stamp, each in self._expected.items() if not each.jobs and stamp != frame_stamp_ns
            ]
            for stamp in done[: max(0, len(self._expected) - MAX_EXPECTED)]:
                del self._expected[stamp]
        return entry

    def _work(self) -> None:
        while not self._stop.is_set():
            with self._changed:
                if not self._has_news:
                    self._changed.wait(POLL_S if self._input.num_waiting else None)
                self._has_news = False
                while self._jobs:
                    job = self._jobs.popleft()
                    self._ask(stamp_ns(job.header)).jobs.append(job)
                for result in self._input.poll():
                    entry = self._expected.get(result.item)
                    if entry is not None:
                        entry.result = result
                ready = [
                    (job, entry.result)
                    for entry in self._expected.values()
                    if entry.result is not None
                    for job in entry.jobs
                ]
                for entry in self._expected.values():
                    if entry.result is not None:
                        entry.jobs = []
            for job, result in ready:
                if self._stop.is_set():
                    self._refuse(job, TargetStatus.NO_DEPTH, "the node was deactivated")
                    continue
                try:
                    self._serve(job, result)
                except Exception as error:  # noqa: BLE001 - one bad picture must not end all later targets
                    self._on_fault(f"3D target: {type(error).__name__}: {error}")
                    self._refuse(job, TargetStatus.BAD_DEPTH, f"failed: {error}")

    def _serve(self, job: TargetJob, result: Matched | Unmatched) -> None:
        made = self._maker.make(job, result)
        self._publish(job, made.target, made.depth_offset_s)
        for publisher, cloud in (
            (self._target_points, made.target_points),
            (self._scene_points, made.scene_points),
        ):
            if cloud is not None and publisher.get_subscription_count() > 0:
                publisher.publish(cloud())

    def _count(self, name: str, number: int = 1) -> None:
        with self._changed:
            self._counts[name] += number

    def _refuse(self, job: TargetJob, status: TargetStatus, reason: str) -> None:
        self._publish(job, no_target(status, reason), 0.0)

    def _publish(self, job: TargetJob, target: Target3D, depth_offset_s: float) -> None:
        self._count(target.status.name)
        self._target.publish(target_message(job, target, depth_offset_s=depth_offset_s))
