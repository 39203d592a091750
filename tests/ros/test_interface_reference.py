"""The interface reference says what the code says."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "write_interface_reference.py"


def test_the_reference_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--check"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "row",
    [
        "| `uint8` | `STATUS_EMPTY_MASK` | `2` | the mask has no pixel |",
        "| `string[]` | `prompts` |  | 1 or more; all are answered on the same frame |",
        "### Feedback",
        "| `queue_size` | int | `10` | 1 to 1000 |",
    ],
)
def test_rows_of_each_kind_are_there(row: str) -> None:
    assert row in (ROOT / "docs" / "reference" / "interfaces.md").read_text(encoding="utf-8")
