"""One bag answered: predictions, table, annotated bag; what became of every frame."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from converseg_core import __version__
from converseg_core.cli.bag.arguments import BagArgs
from converseg_core.cli.bag.progress import FrameBar
from converseg_core.cli.console import log
from converseg_core.cli.errors import EXIT_FAILED, EXIT_GOOD, CommandError, UsageError
from converseg_core.cli.eval.command import PREDICTIONS_NAME, finish
from converseg_core.evaluation.parts import Parts
from converseg_core.evaluation.prediction import Prediction
from converseg_core.evaluation.predictions_file import RunInfo, iter_predictions, write_predictions
from converseg_core.loading import load_model
from converseg_core.offline.annotate import join
from converseg_core.offline.companions import Matches
from converseg_core.offline.frames import Account
from converseg_core.offline.memory import give_back
from converseg_core.offline.pictures import from_bag
from converseg_core.offline.questions import Questions, read_timed
from converseg_core.offline.run import ANNOTATED_NAME, answer_bag, finished_predictions
from converseg_core.offline.source import Topics, choose_topics, identity
from converseg_core.offline.truth import Pairing, with_truth_folder, with_truth_topic


def answer(args: BagArgs) -> int:
    """Answer, measure and write; returns the exit code.

    Raises:
        CommandError: nothing could be answered.
    """
    prompts = args.prompts
    timed = read_timed(args.instructions) if args.instructions else []
    topics = choose_topics(
        args.bag,
        images=args.image_topic,
        instruction=args.instruction_topic,
        truth=args.truth_topic,
        with_instructions=not prompts and not timed,
        camera_infos=args.camera_info_topic,
        depths=args.depth_topic,
        with_depth=args.depth,
    )
    if not prompts and not timed and topics.instruction is None:
        raise UsageError(
            "nothing to ask: the bag holds no instruction topic; give --prompt or --instructions"
        )
    log(f"converseg: cameras {', '.join(topics.images)}; {_asked(prompts, timed, topics)}")
    model = load_model(args.model)
    settings: dict[str, Any] = {
        "bag": identity(args.bag),
        "model_id": model.model_id,
        "topics": [asdict(camera) for camera in topics.cameras] + [topics.instruction],
        "prompts": list(prompts),
        "timed": timed,
        "every": args.every,
        "tolerance_s": args.tolerance_s,
        "annotate": args.annotate,
        "version": __version__,
    }
    info = RunInfo(
        model_id=model.model_id,
        source=args.bag.resolve().name,
        source_path=str(args.bag.resolve()),
        arguments=json.loads(json.dumps(settings)),
        software=f"converseg-ros {__version__}",
    )
    parts = Parts(args.out / "unfinished", settings=settings)
    if parts.finished:
        log(f"converseg: going on after {len(parts.finished)} finished parts")
    with FrameBar() as bar:
        account = answer_bag(
            model, args.bag, topics, Questions(prompts=prompts, timed=timed), parts, info,
            every=args.every, tolerance_ns=args.tolerance_ns, annotate=args.annotate, on_frame=bar.show,
        )  # fmt: skip
    del model
    give_back()  # the measuring of a long bag needs as much
    pairing = Pairing()
    path = args.out / PREDICTIONS_NAME
    write_predictions(path, _with_truth(finished_predictions(parts), args, topics, pairing), info)
    if args.annotate:
        join((part / ANNOTATED_NAME for part in parts.finished), args.out / ANNOTATED_NAME)
    num_out, is_ordered = count_frames(iter_predictions(path))
    if num_out == 0:
        raise CommandError(f"{args.bag}: {_nothing(account)}")
    is_good = _tell(account, pairing, num_out, is_ordered)
    finish(
        path,
        args.out,
        as_json=args.json,
        with_report=args.report,
        extra={"frames": asdict(account) | {"num_out": num_out}, "truth": asdict(pairing)},
        pictures=from_bag(args.bag, topics),
    )
    parts.remove()
    return EXIT_GOOD if is_good else EXIT_FAILED


def count_frames(rows: Iterator[Prediction]) -> tuple[int, bool]:
    """How many frames a predictions file answers, and whether each stands there once and in order."""
    num, last, is_ordered = 0, -1, True
    seen_ids: str = ""
    for row in rows:
        number = int(row.id.partition("-")[0])
        is_ordered &= number >= last and row.id > seen_ids
        num += number != last
        last, seen_ids = number, row.id
    return num, is_ordered


def _with_truth(
    rows: Iterator[Prediction], args: BagArgs, topics: Topics, pairing: Pairing
) -> Iterator[Prediction]:
    if args.truth_folder is not None:
        return with_truth_folder(rows, args.truth_folder, tolerance_ns=args.tolerance_ns, pairing=pairing)
    if topics.truth is not None:
        return with_truth_topic(rows, args.bag, topics.truth, tolerance_ns=args.tolerance_ns, pairing=pairing)
    return rows


def _asked(prompts: Sequence[str], timed: Sequence[tuple[float, str]], topics: Topics) -> str:
    if prompts:
        return f"{len(prompts)} questions of every frame"
    return f"{len(timed)} timed instructions" if timed else f"instructions from {topics.instruction}"


def _nothing(account: Account) -> str:
    if account.problems:
        return "; ".join(account.problems)
    return f"none of its {account.num_frames} frames was recorded while a question stood"


def _tell(account: Account, pairing: Pairing, num_out: int, is_ordered: bool) -> bool:
    """Say what became of the frames; True where all is well."""
    log(
        f"converseg: {account.num_frames} frames: {account.num_in} to answer, {num_out} answered, "
        f"{account.num_skipped} left out by --every, {account.num_unasked} before any question"
    )
    for camera, found in account.cameras.items():
        for topic, matches in (
            (found.camera_info_topic, found.camera_info), (found.depth_topic, found.depth)
        ):  # fmt: skip
            if topic is not None:
                log(f"converseg: {camera} with {topic}: {_matches(matches)}")
    if pairing.num_exact or pairing.num_near or pairing.num_without:
        log(
            f"converseg: truth by exact stamp for {pairing.num_exact} answers, within the tolerance for "
            f"{pairing.num_near}, none for {pairing.num_without}"
        )
    problems = [*account.problems, *pairing.problems]
    for problem in problems[:20]:
        log(f"converseg: {problem}")
    if len(problems) > 20:
        log(f"converseg: and {len(problems) - 20} more; see metrics.json")
    if account.num_in != num_out or not is_ordered:
        log(
            f"converseg: frames were lost or mixed up: {account.num_in} in, {num_out} out; please report this"
        )
        return False
    return not problems


def _matches(matches: Matches) -> str:
    counts = {
        "by exact stamp": matches.num_exact,
        "within the tolerance": matches.num_near,
        "the last one before": matches.num_standing,
        "without": matches.num_without,
    }
    return ", ".join(f"{num} {how}" for how, num in counts.items() if num) or "no frame"
