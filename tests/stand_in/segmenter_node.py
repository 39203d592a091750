"""The real segmenter process, which here also reads stand-in bundles."""

from __future__ import annotations

import sys
import threading

from converseg_ros import segmenter_node
from converseg_ros.process import lifeline
from converseg_ros.process.allocation import keep_large_blocks


def _body(stop: threading.Event) -> int:
    # Imported behind the signal handlers, as the node itself does it.
    from tests.stand_in.model import register

    register()
    return segmenter_node._body(sys.argv, stop)


if __name__ == "__main__":
    keep_large_blocks()  # as the node itself does
    sys.exit(lifeline.run(_body))
