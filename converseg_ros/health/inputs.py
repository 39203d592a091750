"""The subscriptions of one camera, watched: what arrives, what is lost, who publishes, what stamps say."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rclpy.event_handler import SubscriptionEventCallbacks, UnsupportedEventTypeError
from rclpy.node import Node
from rclpy.qos import QoSPolicyKind, QoSProfile

from converseg_ros.health import graph
from converseg_ros.health.arrivals import Arrivals, check_losses
from converseg_ros.health.finding import Finding
from converseg_ros.health.publishers import (
    Publisher,
    Wanted,
    check_publishers,
    heard,
    no_publisher,
    silent,
    stopped,
)
from converseg_ros.health.stamps import check_stamp
from converseg_ros.health.windows import Lasting

SETTLE_S = 2.0
"""Discovery is given so long before silence means something."""
STOPPED_S = 3.0
"""Frames have stopped after so long, or after five usual periods where that is longer."""
REFUSED_S = 5.0
"""A publisher that the middleware refused is told of for so long, also where the graph no longer shows it."""


@dataclass(eq=False)
class _Input:
    wanted: Wanted
    is_frame: bool
    since_s: float
    arrivals: Arrivals
    subscribe: Callable[[], Any]
    subscription: Any = None
    num_publishers: int = 0
    heard_for_s: float = 0.0
    heard: Lasting = field(default_factory=Lasting)
    unnamed: Lasting = field(default_factory=Lasting)
    refused: list[tuple[float, str]] = field(default_factory=list)


class Inputs:
    """Makes the subscriptions of one camera and watches them. Callbacks only store."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._lock = threading.Lock()
        self._inputs: list[_Input] = []
        self._other_uses: Collection[str] = ()

    def subscribe(
        self,
        kind: Any,
        name: str,
        callback: Callable[[Any], None],
        qos: QoSProfile,
        *,
        is_frame: bool = False,
        at_once: bool = True,
    ) -> None:
        """Subscribe; each message goes to ``callback``.

        Args:
            kind: message class; it has a header.
            name: topic, unresolved.
            callback: must not block.
            qos: of the subscription.
            is_frame: it is one of those that bring the camera's pictures: one of them has to come.
            at_once: False: until :meth:`listen` is called only who publishes there is watched.
        """

        def hear(message: Any, info: dict[str, Any]) -> None:
            stamp = message.header.stamp
            made.arrivals.arrived(
                time.monotonic(),
                stamp_s=stamp.sec + stamp.nanosec / 1e9,
                ros_now_s=self._node.get_clock().now().nanoseconds / 1e9,
                # Numbers of several publishers are mixed, and say nothing.
                number=info.get("publication_sequence_number") if made.num_publishers == 1 else None,
                num_bytes=len(getattr(message, "data", b"")),
            )
            callback(message)

        def refuse(event: Any) -> None:
            policy = QoSPolicyKind(event.last_policy_kind).name.lower()
            made.refused.append((time.monotonic(), policy))

        def lose(event: Any) -> None:
            made.arrivals.lost(time.monotonic(), event.total_count_change)

        def subscribe() -> Any:
            # rclpy hands over what the middleware knows of a message where the callback takes two arguments.
            create: Any = self._node.create_subscription
            events = SubscriptionEventCallbacks(incompatible_qos=refuse, message_lost=lose)
            try:
                return create(kind, name, hear, qos, event_callbacks=events)
            except UnsupportedEventTypeError:  # a middleware that does not count what it loses
                made.arrivals = Arrivals(counts_losses=False)
                return create(kind, name, hear, qos)

        made = _Input(
            graph.wanted(self._node, kind, name, qos), is_frame, time.monotonic(), Arrivals(), subscribe
        )
        if at_once:
            made.subscription = subscribe()
        self._inputs.append(made)

    def listen(self, is_wanted: bool) -> bool:
        """Make, or drop, all subscriptions; False where nothing had to change."""
        changed = False
        with self._lock:
            for each in self._inputs:
                if is_wanted and each.subscription is None:
                    each.subscription, changed = each.subscribe(), True
                elif not is_wanted and each.subscription is not None:
                    self._node.destroy_subscription(each.subscription)
                    each.subscription, changed = None, True
        return changed

    def unsubscribe(self) -> None:
        """Drop all subscriptions and what is known of them."""
        self.listen(False)
        self._inputs = []

    @property
    def topics(self) -> list[str]:
        """Full names of the topics that are read, now or when they are needed."""
        return [each.wanted.topic for each in self._inputs]

    def findings(
        self, *, max_age_s: float, check_stamps: bool, other_uses: Collection[str] = ()
    ) -> list[Finding]:
        """What is wrong now, errors first.

        Args:
            max_age_s: oldest frame that is answered on.
            check_stamps: whether the stamps' clock is comparable with this node's.
            other_uses: topics that have a use already, and are not proposed for pictures.
        """
        self._other_uses = other_uses
        now_s = time.monotonic()
        offers = {each.wanted.topic: self._offers(each) for each in self._inputs}
        sees = any(heard(each.wanted, offers[each.wanted.topic]) for each in self._inputs if each.is_frame)
        found: list[Finding] = []
        for each in self._inputs:
            publishers = offers[each.wanted.topic]
            each.num_publishers = len(publishers)
            each.heard_for_s = each.heard.update(bool(heard(each.wanted, publishers)), now_s)
            about = check_publishers(each.wanted, _named(each, publishers, now_s))
            if not publishers:
                about += self._refused(each, now_s)
            # Where pictures come by another topic, or it is not about pictures, questions are answered.
            is_needed = each.is_frame and not sees
            found += [replace(finding, is_error=finding.is_error and is_needed) for finding in about]
            losses = check_losses(each.wanted, each.arrivals.summary(now_s))
            found += [losses] if losses else []
        found += self._frames(offers, now_s, max_age_s=max_age_s if check_stamps else None)
        return sorted(found, key=lambda finding: not finding.is_error)

    def values(self) -> list[tuple[Wanted, dict[str, str]]]:
        """For each topic: its subscription, and figures for a diagnostic."""
        now_s = time.monotonic()
        rows = []
        for each in self._inputs:
            figures = {
                "topic": each.wanted.topic,
                "subscribed": "yes" if each.subscription is not None else "no: nobody needs it now",
                "type": each.wanted.type_name,
                "reliability": each.wanted.reliability,
                "durability": each.wanted.durability,
                "publishers": str(each.num_publishers),
                **each.arrivals.summary(now_s).values(),
            }
            rows.append((each.wanted, figures))
        return rows

    def _offers(self, each: _Input) -> list[Publisher]:
        return graph.publishers_of(self._node, each.wanted.topic)

    def _refused(self, each: _Input, now_s: float) -> list[Finding]:
        each.refused = [(at_s, policy) for at_s, policy in each.refused if now_s - at_s < REFUSED_S]
        if not each.refused:
            return []
        _, policy = each.refused[-1]
        asked = getattr(each.wanted, policy, "its own")
        return [
            Finding(
                code="qos mismatch",
                topic=each.wanted.topic,
                seen=f"a publisher was refused: its {policy} does not fit this node's, {asked}",
                fix=f"Let the publisher offer {asked}, or change this node's parameters for QoS",
            )
        ]

    def _frames(
        self, offers: dict[str, list[Publisher]], now_s: float, *, max_age_s: float | None
    ) -> list[Finding]:
        """What keeps pictures from coming, or makes them useless."""
        frames = [each for each in self._inputs if each.is_frame]
        if not frames:
            return []
        came = {each.wanted.topic: each.arrivals.summary(now_s) for each in frames}
        newest = max(frames, key=lambda each: _or_never(came[each.wanted.topic].last_arrival_s))
        arrived = came[newest.wanted.topic]
        good = [(each, fits[0]) for each in frames if (fits := heard(each.wanted, offers[each.wanted.topic]))]
        if not arrived.num_received:
            return self._nothing_yet(frames, offers, good, now_s)
        quiet_s = now_s - arrived.last_arrival_s
        if quiet_s > max(STOPPED_S, 5 * arrived.period_s):
            return [stopped(newest.wanted, heard(newest.wanted, offers[newest.wanted.topic]), for_s=quiet_s)]
        if max_age_s is None:
            return []
        about_stamp = check_stamp(
            topic=newest.wanted.topic,
            stamp_s=arrived.last_stamp_s,
            now_s=arrived.last_ros_now_s,
            max_age_s=max_age_s,
            use_sim_time=bool(self._node.get_parameter("use_sim_time").value),
        )
        return [about_stamp] if about_stamp else []

    def _nothing_yet(
        self,
        frames: Sequence[_Input],
        offers: dict[str, list[Publisher]],
        good: Sequence[tuple[_Input, Publisher]],
        now_s: float,
    ) -> list[Finding]:
        if now_s - min(each.since_s for each in frames) < SETTLE_S:
            return []
        if not any(offers[each.wanted.topic] for each in frames):
            pictures = graph.published_pictures(self._node, self._other_uses)
            return [no_publisher([each.wanted for each in frames], pictures)]
        quiet = [(each, publisher, min(now_s - each.since_s, each.heard_for_s)) for each, publisher in good]
        return [silent(each.wanted, who, for_s=for_s) for each, who, for_s in quiet if for_s >= SETTLE_S]


def _named(each: _Input, publishers: list[Publisher], now_s: float) -> list[Publisher]:
    """Without those that have no node's name, for as long as it may still come: it takes a way of its own."""
    named = [publisher for publisher in publishers if publisher.node != graph.NO_NODE]
    unnamed_for_s = each.unnamed.update(len(named) < len(publishers), now_s)
    return named if unnamed_for_s < SETTLE_S else publishers


def _or_never(at_s: float) -> float:
    return at_s if at_s == at_s else float("-inf")  # NaN before the first message
