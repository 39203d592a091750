"""The process of the bag player: ``python -m converseg_ros.bag_player_node --ros-args -p bag:=FOLDER``."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence

from converseg_ros.process import lifeline
from converseg_ros.transport.profile import use_large_image_profile


def _body(argv: Sequence[str], stop: threading.Event) -> int:
    use_large_image_profile()
    from converseg_ros.bag.player import BagPlayerNode
    from converseg_ros.process.spinning import ros_context

    with ros_context(argv) as context:
        node = BagPlayerNode(context=context, stop=stop)
        try:
            return node.play_until_stopped()
        finally:
            node.destroy_node()


def main(argv: Sequence[str] | None = None) -> int:
    """Play until the end, SIGINT or SIGTERM; 1 where the bag is cut off, 2 on wrong use."""
    arguments = list(sys.argv if argv is None else argv)
    return lifeline.run(lambda stop: _body(arguments, stop))


if __name__ == "__main__":
    sys.exit(main())
