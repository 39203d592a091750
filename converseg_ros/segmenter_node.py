"""The process of the ``segmenter`` node: ``python -m converseg_ros.segmenter_node --ros-args ...``."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence

from converseg_ros.process import lifeline
from converseg_ros.process.allocation import keep_large_blocks
from converseg_ros.transport.profile import free_sent_buffers, use_large_image_profile_if_it_fits


def _body(argv: Sequence[str], stop: threading.Event) -> int:
    # Masks of large pictures are large too: without it one is cut into more pieces than shared memory holds,
    # and its end comes with the next heartbeat, three seconds later.
    use_large_image_profile_if_it_fits()
    free_sent_buffers()
    # Imported here, after the signal handlers are in place: this takes most of the start-up time.
    from converseg_ros.process.spinning import ros_context
    from converseg_ros.segmenter.node import SegmenterNode

    with ros_context(argv) as context:
        node = SegmenterNode(context=context, stop=stop)
        try:
            node.spin_until_stopped()
        finally:
            node.close()
    return lifeline.EXIT_GOOD


def main(argv: Sequence[str] | None = None) -> int:
    """Run the node until SIGINT or SIGTERM; 0 then, 1 on a failure, 2 on wrong use."""
    keep_large_blocks()  # before there is a second thread
    arguments = list(sys.argv if argv is None else argv)
    return lifeline.run(lambda stop: _body(arguments, stop))


if __name__ == "__main__":
    sys.exit(main())
