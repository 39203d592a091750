"""Who publishes, what arrives and what is lost, with the graph and the clock given."""

import math

import pytest

from converseg_ros.health.arrivals import Arrivals, check_losses
from converseg_ros.health.graph import full_name
from converseg_ros.health.publishers import (
    COMPRESSED,
    IMAGE,
    Publisher,
    Wanted,
    check_publishers,
    heard,
    mismatch,
    no_publisher,
    silent,
    stopped,
)


def wanted(*, reliability: str = "reliable", durability: str = "volatile", kind: str = IMAGE) -> Wanted:
    name = "image" if kind == IMAGE else "image/compressed"
    return Wanted(
        name=name, topic=f"/cam/{name}", type_name=kind, reliability=reliability, durability=durability
    )


def offer(
    *, reliability: str = "reliable", durability: str = "volatile", kind: str = IMAGE, node: str = "/driver"
) -> Publisher:
    return Publisher(node=node, type_name=kind, reliability=reliability, durability=durability)


@pytest.mark.parametrize("asked", ["reliable", "best_effort"])
@pytest.mark.parametrize("offered", ["reliable", "best_effort"])
@pytest.mark.parametrize("kept", ["volatile", "transient_local"])
@pytest.mark.parametrize("late", ["volatile", "transient_local"])
def test_the_rule_of_qos_is_the_middlewares(asked: str, offered: str, kept: str, late: str) -> None:
    from rclpy.qos import (
        DurabilityPolicy,
        QoSCompatibility,
        QoSProfile,
        ReliabilityPolicy,
        qos_check_compatible,
    )

    def profile(reliability: str, durability: str) -> QoSProfile:
        return QoSProfile(
            depth=1,
            reliability=ReliabilityPolicy[reliability.upper()],
            durability=DurabilityPolicy[durability.upper()],
        )

    verdict, _ = qos_check_compatible(profile(offered, kept), profile(asked, late))
    found = mismatch(wanted(reliability=asked, durability=late), offer(reliability=offered, durability=kept))
    assert (verdict != QoSCompatibility.ERROR) == (found == "")


def test_a_qos_mismatch_names_both_sides_and_the_parameter() -> None:
    (finding,) = check_publishers(wanted(), [offer(reliability="best_effort")])
    assert finding.is_error
    assert finding.text() == (
        "/cam/image: /driver offers reliability best_effort, this node asks for reliable: "
        "nothing can arrive. "
        "Set reliability:=best_effort and activate again, or let the publisher offer reliable"
    )
    (finding,) = check_publishers(wanted(durability="transient_local"), [offer()])
    assert "camera_info_durability:=volatile" in finding.fix
    (finding,) = check_publishers(
        wanted(durability="transient_local"), [offer(reliability="best_effort", durability="transient_local")]
    )
    assert "camera_info_durability:=volatile" in finding.fix  # reliable comes with transient_local


def test_a_second_publisher_that_fits_makes_it_a_warning() -> None:
    publishers = [offer(), offer(reliability="best_effort", node="/other")]
    (finding,) = check_publishers(wanted(), publishers)
    assert "/other offers" in finding.seen
    assert not finding.is_error
    assert heard(wanted(), publishers) == publishers[:1]
    assert check_publishers(wanted(), publishers[:1]) == []


@pytest.mark.parametrize(
    ("read", "published", "fix"),
    [
        (IMAGE, "std_msgs/msg/String", "Remap image to a topic of that type"),
        (IMAGE, COMPRESSED, "Remap image/compressed to /cam/image"),
        (COMPRESSED, IMAGE, "Remap image to /cam/image/compressed"),
    ],
)
def test_a_wrong_type_says_what_to_remap(read: str, published: str, fix: str) -> None:
    (finding,) = check_publishers(wanted(kind=read), [offer(kind=published)])
    assert finding.code == "wrong type"
    assert f"publishes {published} there, this node reads {read}" in finding.seen
    assert fix in finding.fix


def test_nobody_publishes_and_pictures_elsewhere_are_named() -> None:
    both = [wanted(), wanted(kind=COMPRESSED)]
    finding = no_publisher(both, [("/front/rgb", IMAGE), ("/tf", "tf2_msgs/msg/TFMessage")])
    assert finding.topic == "/cam/image or /cam/image/compressed"
    assert finding.fix == "Start the camera, or remap: image:=/front/rgb"
    assert "ros2 topic list -t" in no_publisher(both, []).fix


def test_silence_and_an_end_are_told_apart_by_their_cures() -> None:
    assert "fastdds_large_images.xml" in silent(wanted(reliability="best_effort"), offer(), for_s=4.0).fix
    assert "fastdds" not in silent(wanted(), offer(), for_s=4.0).fix
    assert "is gone" in stopped(wanted(), [], for_s=4.0).fix
    assert "/driver is still there" in stopped(wanted(), [offer()], for_s=4.0).fix


def arrivals(
    numbers: list[int], *, stamp_numbers: list[int] | None = None, counts_losses: bool = True
) -> Arrivals:
    """Messages of a 10 Hz camera with these numbers, 20 ms after their stamps."""
    made = Arrivals(counts_losses=counts_losses)
    for number, stamp_number in zip(numbers, stamp_numbers or numbers, strict=True):
        stamp_s = stamp_number / 10
        made.arrived(
            stamp_s + 0.02, stamp_s=stamp_s, ros_now_s=stamp_s + 0.02, number=number, num_bytes=921_600
        )
    return made


def test_what_is_lost_is_told_from_what_is_overtaken() -> None:
    made = arrivals([number for number in range(100) if number % 4])  # every fourth did not come
    made.lost(9.0, 10)
    found = made.summary(9.92)
    assert (found.num_received, found.recent_received, found.recent_lost) == (75, 75, 10)
    assert found.num_overtaken == 24 - 10  # 24 are missing inside; the middleware says that it lost 10
    assert found.num_missing == 24
    assert found.delay_p50_s == pytest.approx(0.02)
    finding = check_losses(wanted(reliability="best_effort"), found)
    assert finding is not None
    assert "10 of 85 messages of 0.9 MB were lost" in finding.seen
    assert "FASTRTPS_DEFAULT_PROFILES_FILE" in finding.fix
    later = made.summary(9.0 + 10.0)
    assert later.recent_lost == 0
    assert check_losses(wanted(), later) is None
    assert later.num_lost == 10


def test_a_few_lost_messages_are_no_finding() -> None:
    made = arrivals(list(range(100)))
    made.lost(5.0, 4)
    assert check_losses(wanted(), made.summary(9.92)) is None


def test_gaps_of_the_stamps_count_where_the_middleware_does_not() -> None:
    made = arrivals([number for number in range(100) if number % 4], counts_losses=False)
    found = made.summary(9.92)
    assert found.recent_lost == 24
    assert check_losses(wanted(), found) is not None


def test_a_publisher_that_starts_again_is_no_gap_and_nothing_yet_is_no_number() -> None:
    found = arrivals([50, 51, 52, 0, 1, 2], stamp_numbers=[0, 1, 2, 3, 4, 5]).summary(0.6)
    assert (found.num_overtaken, found.num_missing) == (0, 0)
    empty = Arrivals().summary(1.0)
    assert math.isnan(empty.last_arrival_s)
    assert empty.values()["rate Hz"] == "0.00"


def test_names_of_nodes_and_of_publishers_without_one() -> None:
    assert full_name("/", "cam") == "/cam"
    assert full_name("/robot", "cam") == "/robot/cam"
    assert full_name("_NODE_NAMESPACE_UNKNOWN_", "_NODE_NAME_UNKNOWN_") == "a publisher that is no ROS node"
