"""How well the live mask follows between answers: simulated sequences with exact masks, a model of 1 s.

    python benchmarks/tracking.py [--num-of-each 14] [--keep FOLDER] [--sequences FOLDER]

Each sequence is played past the tracker as a camera would, with a model that takes a frame whenever it is
free and answers ``--latency-s`` later. Its answers are the truth of the frame it took, or the truth with its
outline bent and holes torn as a model's would be ("rough"). Every frame from the first answer on counts:

- *ratio*: mean IoU of the live mask with the truth of its own frame, over the mean IoU of the answers
  with the truth of theirs. A frame counts where truth or mask have a pixel; LOST counts 0. *from*,
  *to*: where it lies with 95 % certainty, sequences drawn with replacement.
- *while shown*: the same over those frames only in which a mask is shown, and their share.
- *left*: of the times the target left the picture, how often LOST (or the model's own "nothing there") was
  said within 0.3 s, and no mask shown until it was back in sight.
- *false LOST*: share of the frames with at least a quarter of the target's usual area in sight that are LOST.
- *ghosts*: share of the frames with none of the target in sight that show a mask.
- *cost*: CPU time of one thread for one frame, reducing included; without the frames at which an answer
  arrives, whose catching up is told apart.

``--keep`` stores each sequence's figures; a run that was stopped goes on from there. ``--others`` takes the
other ways' figures from the folder that an earlier run kept, where only the tracker has changed;
``--tracker-only`` leaves them out.
``--sequences`` stores the rendered sequences themselves, 150 MB each, and takes those that are there:
rendering is most of the time.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import results
from numpy.typing import NDArray
from tracking_figures import KINDS, figures, iou, table
from tracking_others import OTHERS
from tracking_sequences import add_arguments, stored_sequence

from converseg_core.answer import Answer, Status
from converseg_core.tracking.reading import ColoursAlone, PixelReader
from converseg_core.tracking.replay import Live, replay
from converseg_training.tracking.practice import answer_of, roughened

Mask = NDArray[np.bool_]
_ROUGHNESS = 0.07


def run_tracker(
    sequence: dict[str, Any], answers: list[Mask], latency_s: float, *, read: PixelReader | None = None
) -> dict[str, Any]:
    """Play the sequence past the tracker; ``read`` tells pixels, by default the network that ships."""
    asked: list[int] = []

    def answer_on(index: int) -> Answer:
        asked.append(index)
        return answer_of(answers[index].copy())

    lives: list[Live] = replay(
        sequence["images"],
        sequence["stamps_ns"],
        answer_on,
        latency_s=latency_s,
        timer=time.thread_time,
        read=read,
    )
    first = next(k for k, live in enumerate(lives) if live.shown is not None)
    shown = [None if live.shown is None else live.shown.answer.mask for live in lives]
    lost = [live.shown is not None and live.shown.answer.status is Status.LOST for live in lives]
    row = figures(sequence, shown, lost, first)
    right = [iou(answers[k], sequence["masks"][k]) for k in asked if sequence["masks"][k].any()]
    row["iou_answered"] = float(np.mean(right))
    row["asked"] = asked
    row["step_ms"] = [1e3 * live.took_s for live in lives[first:] if not live.caught_up]
    row["catch_up_ms"] = [1e3 * live.took_s for live in lives if live.caught_up]
    row["drifts"] = [
        [live.shown.drift, iou(live.shown.answer.mask, truth)]
        for live, truth in zip(lives, sequence["masks"], strict=True)
        if live.shown is not None and live.shown.propagated and live.shown.answer.status is Status.OK
    ]
    return row


def run_other(
    sequence: dict[str, Any], answers: list[Mask], make: Callable[[], Any], asked: list[int]
) -> dict[str, Any]:
    """The same with another way to carry masks on; it starts anew with each answer."""
    images = sequence["images"]
    shown: list[Mask | None] = [None] * len(images)
    arrived = [*asked[1:], asked[-1] + asked[-1] - asked[-2] if len(asked) > 1 else len(images)]
    costs = []
    for nth, index in enumerate(asked):
        follower = make()
        follower.start(images[index], answers[index])
        until = arrived[nth + 1] if nth + 1 < len(asked) else len(images)
        for k in range(index + 1, until):
            begin_s = time.thread_time()
            mask = follower.step(images[k])
            costs.append(1e3 * (time.thread_time() - begin_s))
            if k >= arrived[nth]:
                shown[k] = mask if answers[index].any() else np.zeros_like(mask)
    row = figures(sequence, shown, [False] * len(images), arrived[0])
    right = [iou(answers[k], sequence["masks"][k]) for k in asked if sequence["masks"][k].any()]
    return row | {"iou_answered": float(np.mean(right)), "step_ms": costs}


def _file_of(kind: str, number: int) -> str:
    return f"{kind.replace(' ', '_')}_{number}.json"


def measure(kind: str, number: int, renderer: Any, options: argparse.Namespace) -> dict[str, Any]:
    """All ways on one sequence; those but the tracker from an earlier run, where one is named."""
    seed, sequence = options.seed + number, None
    while sequence is None:
        sequence = stored_sequence(kind, seed, renderer, options)
        seed += 1000
    rng = np.random.default_rng(number)
    truth = sequence["masks"]
    rough = [roughened(mask, rng, _ROUGHNESS) for mask in truth]
    tracked = run_tracker(sequence, truth, options.latency_s)
    ways = {
        "tracker": tracked,
        "tracker, rough answers": run_tracker(sequence, rough, options.latency_s),
        "tracker, by colours alone": run_tracker(sequence, truth, options.latency_s, read=ColoursAlone()),
    }
    if options.others:
        earlier = json.loads((options.others / _file_of(kind, number)).read_text())["ways"]
        ways |= {name: earlier[name] for name in OTHERS}
    elif not options.tracker_only:
        for name, make in OTHERS.items():
            ways[name] = run_other(sequence, truth, make, tracked["asked"])
    return {"kind": kind, "number": number, "seed": seed - 1000, "ways": ways}


def main() -> None:
    """Render, play, write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_arguments(parser)
    parser.add_argument("--keep", type=Path, help="folder for the figures of single sequences")
    parser.add_argument("--others", type=Path, help="folder of such figures, for all but the tracker")
    parser.add_argument("--tracker-only", action="store_true", help="leave out all other ways")
    options = parser.parse_args()
    from converseg_engine.sim.render import Renderer

    cv2.setNumThreads(1)
    facts = results.machine()
    measured = []
    with Renderer(width=options.width, height=options.height) as renderer:
        for number in range(options.num_of_each):
            for kind in KINDS:
                kept = options.keep and options.keep / _file_of(kind, number)
                if kept and kept.exists():
                    measured.append(json.loads(kept.read_text()))
                    continue
                measured.append(measure(kind, number, renderer, options))
                if kept:
                    kept.parent.mkdir(parents=True, exist_ok=True)
                    temporary = kept.with_suffix(".tmp")
                    temporary.write_text(json.dumps(measured[-1]))
                    temporary.replace(kept)
    catch_up = np.concatenate([m["ways"]["tracker"]["catch_up_ms"] for m in measured])
    facts |= {
        "image": f"{options.width}x{options.height}, {options.rate_hz:g} Hz, {options.length_s:g} s",
        "model latency": f"{options.latency_s:g} s",
        "seeds from": options.seed,
        "catch up ms p50": round(float(np.percentile(catch_up, 50)), 1),
        "catch up ms p95": round(float(np.percentile(catch_up, 95)), 1),
    }
    rows = table(measured)
    results.write("tracking", facts, list(rows[0]), rows)


if __name__ == "__main__":
    main()
