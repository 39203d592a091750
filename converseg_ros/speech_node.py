"""Entry point of the ``speech`` node: ``python -m converseg_ros.speech_node --ros-args -p ...``."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence

from converseg_ros.process import lifeline


def _body(argv: Sequence[str], stop: threading.Event) -> int:
    from converseg_ros.process.spinning import either, ros_context, spin_until
    from converseg_ros.speech.node import SpeechNode

    with ros_context(argv) as context:
        node = SpeechNode(context=context)
        try:
            spin_until(node, either(stop, node.is_done))
        finally:
            node.close()
    return lifeline.EXIT_GOOD


def main(argv: Sequence[str] | None = None) -> int:
    """Listen until told to stop, or until the last file is over; 2 on wrong use."""
    arguments = list(sys.argv if argv is None else argv)
    return lifeline.run(lambda stop: _body(arguments, stop))


if __name__ == "__main__":
    sys.exit(main())
