"""docs/troubleshooting.md has the words that the node says, and no others."""

import re
from pathlib import Path

import pytest

from converseg_ros.health.arrivals import Arrivals, check_losses
from converseg_ros.health.finding import Finding
from converseg_ros.health.publishers import (
    IMAGE,
    Publisher,
    Wanted,
    check_publishers,
    no_publisher,
    silent,
    stopped,
)
from converseg_ros.health.stamps import check_stamp

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([^`]+)` \| (error|warning) \|", TEXT, flags=re.MULTILINE)
WANTED = Wanted(name="image", topic="/image", type_name=IMAGE, reliability="reliable", durability="volatile")
FITS = Publisher(node="/cam", type_name=IMAGE, reliability="reliable", durability="volatile")


def lossy() -> Finding:
    arrivals = Arrivals()
    arrivals.arrived(1.0, stamp_s=1.0, ros_now_s=1.0, number=1, num_bytes=10)
    arrivals.lost(1.0, 9)
    finding = check_losses(WANTED, arrivals.summary(1.0))
    assert finding is not None
    return finding


def stamp(stamp_s: float, now_s: float = 5000.0, *, use_sim_time: bool = False) -> Finding:
    finding = check_stamp(
        topic="/image", stamp_s=stamp_s, now_s=now_s, max_age_s=1.0, use_sim_time=use_sim_time
    )
    assert finding is not None
    return finding


def findings() -> list[Finding]:
    wrong_type = Publisher(node="/cam", type_name="a/msg/B", reliability="reliable", durability="volatile")
    lazy = Publisher(node="/cam", type_name=IMAGE, reliability="best_effort", durability="volatile")
    return [
        *check_publishers(WANTED, [wrong_type]),
        *check_publishers(WANTED, [lazy]),
        no_publisher([WANTED], []),
        silent(WANTED, FITS, for_s=4.0),
        stopped(WANTED, [FITS], for_s=4.0),
        lossy(),
        stamp(0.0),
        stamp(1e9),
        stamp(5002.0),
        stamp(4990.0),
        stamp(12.0, 0.0, use_sim_time=True),
    ]


@pytest.mark.parametrize("finding", findings(), ids=lambda finding: finding.code)
def test_each_finding_is_a_row_of_its_level(finding: Finding) -> None:
    levels = [level for words, level in ROWS if re.fullmatch(_pattern(words), finding.seen)]
    assert levels == ["error" if finding.is_error else "warning"], finding.seen


def test_no_row_is_left_over() -> None:
    unused = [
        words for words, _ in ROWS if not any(re.fullmatch(_pattern(words), each.seen) for each in findings())
    ]
    # Made from the middleware's event, where the graph shows no publisher any more.
    assert [words[:24] for words in unused] == ["a publisher was refused:"]


def _pattern(words: str) -> str:
    escaped = re.escape(words)
    for placeholder in ("NODE", "TYPE", "POLICY", "VALUE", "N"):
        escaped = re.sub(rf"\b{placeholder}\b", r"\\S+", escaped)
    return escaped
