"""The client of the demo: ``python -m converseg_ros.ask_node --bag DIR --out DIR --ros-args ...``."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from converseg_ros.process import lifeline


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m converseg_ros.ask_node",
        description="Put a bag's instructions to a live segmenter at their times; one JSON line an answer.",
    )
    parser.add_argument(
        "--bag", type=Path, required=True, help="bag with /instruction and /truth/segmentation"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for answers.jsonl and masks/")
    parser.add_argument("--timeout-s", type=float, default=20.0, help="longest wait for an answer or a frame")
    return parser


def _body(argv: Sequence[str], options: argparse.Namespace, stop: threading.Event) -> int:
    from converseg_core.bags import BagError
    from converseg_ros.bag.asker import AskerNode
    from converseg_ros.bag.asking import AskingPlan
    from converseg_ros.bag.truth import read_instructions, read_truth
    from converseg_ros.process.spinning import either, ros_context, spin_until

    try:
        plan = AskingPlan(read_instructions(options.bag), options.timeout_s)
        truth = read_truth(options.bag)
        options.out.mkdir(parents=True, exist_ok=True)
    except BagError as error:
        raise lifeline.UsageError(str(error)) from error
    except (ValueError, OSError) as error:
        raise lifeline.UsageError(f"arguments: {error}") from error
    with ros_context(argv, takes_arguments=True) as context:
        node = AskerNode(plan=plan, truth=truth, out_path=options.out, context=context)
        try:
            spin_until(node, either(stop, node.is_done))
            num_missing = node.write_answers()
        finally:
            node.destroy_node()
    if num_missing:
        print(f"error: {num_missing} of {len(plan.entries)} instructions got no answer", file=sys.stderr)
    return lifeline.EXIT_FAILED if num_missing else lifeline.EXIT_GOOD


def main(argv: Sequence[str] | None = None) -> int:
    """Ask until all is answered; 1 where an instruction got no answer, 2 on wrong use."""
    arguments = list(sys.argv if argv is None else argv)
    own = arguments[1 : arguments.index("--ros-args")] if "--ros-args" in arguments else arguments[1:]
    options = _parser().parse_args(own)
    return lifeline.run(lambda stop: _body(arguments, options, stop))


if __name__ == "__main__":
    sys.exit(main())
