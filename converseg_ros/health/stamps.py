"""What a frame's stamp says about clocks: unset, from the future, or old on arrival."""

from converseg_ros.health.finding import Finding

FUTURE_TOLERANCE_S = 0.1
# Older than this is no delay any more: the camera and the node read different clocks.
OTHER_CLOCK_S = 3600.0


def check_stamp(
    *, topic: str, stamp_s: float, now_s: float, max_age_s: float, use_sim_time: bool
) -> Finding | None:
    """What is wrong with a stamp (both in seconds of the node's ROS clock), or None.

    `max_age_s` is the oldest frame that the node answers on.
    """
    age_s = now_s - stamp_s
    if use_sim_time and now_s == 0:
        return Finding(
            code="no clock",
            topic=topic,
            seen="use_sim_time is true and nothing arrives on /clock",
            fix="Start the simulator or the bag with its clock, or set use_sim_time:=false",
            is_error=True,
        )
    if stamp_s == 0:
        return Finding(
            code="stamp unset",
            topic=topic,
            seen="the stamps are zero",
            fix="Let the publisher set header.stamp, or set check_stamps:=false",
        )
    if abs(age_s) > OTHER_CLOCK_S:
        return Finding(
            code="other clock",
            topic=topic,
            seen=f"the stamps differ from this node's clock by {abs(age_s):.0f} s",
            fix="Give both nodes the same use_sim_time, or set check_stamps:=false for an old bag",
        )
    if age_s < -FUTURE_TOLERANCE_S:
        return Finding(
            code="future stamp",
            topic=topic,
            seen=f"the stamps are {-age_s:.2f} s in the future",
            fix="Synchronise the clocks of both machines (chrony or PTP)",
        )
    if age_s > max_age_s:
        return Finding(
            code="stale stamp",
            topic=topic,
            seen=f"frames are {age_s:.2f} s old when they arrive; the limit is {max_age_s:g} s",
            fix="Synchronise the clocks, shorten the camera's queue, or raise max_frame_age_s",
            is_error=True,
        )
    return None
