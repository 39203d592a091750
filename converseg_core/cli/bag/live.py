"""``converseg bag --live``: a bag against the real node, measured from outside."""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import tyro
from pydantic import ValidationError

from converseg_core import __version__
from converseg_core.bags import BagError, read_messages
from converseg_core.bundle import BundleError, resolve, verify
from converseg_core.cli.bag.live_run import LiveError, follow
from converseg_core.cli.bag.live_show import print_report
from converseg_core.cli.console import log, print_line
from converseg_core.cli.demo.processes import Children, node_command
from converseg_core.cli.errors import EXIT_FAILED, EXIT_GOOD, CommandError, UsageError
from converseg_core.cli.ros_environment import child_environment, free_domain_id, probe_ros
from converseg_core.live.frames import bag_files
from converseg_core.live.report import File, LiveReport
from converseg_core.live.settings import LiveSettings
from converseg_core.offline.source import choose_topics
from converseg_core.report import machine_facts

REPORT_NAME = "live.json"


@dataclass(frozen=True, kw_only=True)
class LiveArgs:
    """Measure the node: frames of a bag are sent to it over ROS 2 at a chosen rate, one question with each.

    Searches the highest rate at which less than 5 % of the frames are dropped, measures it, then fixed
    rates. A frame without an answer is dropped. Writes live.json. Exit code 1 where the node does not
    answer, or no rate is sustained.
    """

    bag: tyro.conf.Positional[Path]
    """ROS 2 bag folder, .mcap or .db3 file."""

    prompt: Annotated[list[tuple[str, ...]], tyro.conf.UseAppendAction, tyro.conf.arg(metavar="WORDS...")]
    """Asked in turn, one of each frame; default: the words in the bag's instruction topic."""

    rate: tuple[float, ...] = ()
    """Measure at these frame rates, Hz, and search nothing."""

    low_hz: float = 1.0
    """Lower end of the search."""

    high_hz: float = 100.0
    """Upper end of the search."""

    precision: float = 0.05
    """The search ends where its bounds differ by this share."""

    duration_s: float = 5.0
    """Length of a run; at low rates longer, so that it has 21 frames."""

    iterations: int = 3
    """Runs at the highest rate."""

    frames: int = 100
    """Frames of the bag that are sent again and again, from memory."""

    image_topic: str | None = None
    """Camera topic; the first picture topic where it is left out."""

    model: str = "sim-tiny"
    """Model name (see `converseg models list`) or bundle folder."""

    device: str = "auto"
    """The node's parameter: auto, cpu or cuda."""

    reliability: str = "best_effort"
    """The node's parameter: best_effort or reliable."""

    out: Path = Path("converseg-live")
    """Folder for live.json and logs; made where it is missing."""

    timeout_s: float = 30.0
    """Longest wait for the model to load, and for an answer, seconds."""

    json: bool = False
    """Print live.json instead of a table."""


def main(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    args = tyro.cli(LiveArgs, prog="converseg bag --live", args=argv)
    try:
        settings = _settings(args)
        manifest = verify(resolve(args.model))
        args.out.mkdir(parents=True, exist_ok=True)
        if manifest.weights == "random":
            log(f"{manifest.model_id} was never trained: its answers are noise, its speed is real")
        report = _measure(args, settings)
    except (BagError, BundleError, LiveError) as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{error.filename or args.out}: {error.strerror or error}") from error
    target = args.out / REPORT_NAME
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    temporary.write_text(report.model_dump_json(indent=1) + "\n", encoding="utf-8")
    temporary.replace(target)
    if args.json:
        print_line(report.model_dump_json())
    else:
        print_report(report)
    log(f"report: {target}")
    if report.search is not None and report.search.highest_hz is None:
        log(f"converseg: not even {report.search.low_hz:g} Hz is sustained; search lower with --low-hz")
        return EXIT_FAILED
    return EXIT_GOOD


def _settings(args: LiveArgs) -> LiveSettings:
    for name, value, choices in (
        ("--device", args.device, ("auto", "cpu", "cuda")),
        ("--reliability", args.reliability, ("best_effort", "reliable")),
    ):
        if value not in choices:
            raise UsageError(f"{name} {value}: give one of {', '.join(choices)}")
    if args.bag.suffix == ".bag":
        raise UsageError(f"{args.bag}: a ROS 1 bag; convert it with `rosbags-convert` first")
    topics = choose_topics(args.bag, images=[args.image_topic] if args.image_topic else [])
    prompts = [words for group in args.prompt for words in group] or _recorded_words(
        args.bag, topics.instruction
    )
    if not prompts:
        raise UsageError("nothing to ask: the bag holds no instruction; give --prompt")
    try:
        return LiveSettings(
            bag=args.bag.absolute(), image_topic=topics.images[0], prompts=tuple(prompts),
            rates_hz=args.rate, low_hz=args.low_hz, high_hz=args.high_hz, precision=args.precision,
            duration_s=args.duration_s, num_iterations=args.iterations, max_frames=args.frames,
            timeout_s=args.timeout_s,
        )  # fmt: skip
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{name + ': ' if name else ''}{first['msg']}") from error


def _recorded_words(bag: Path, topic: str | None) -> list[str]:
    """What is said in the bag, each once, in its order."""
    if topic is None:
        return []
    return list(dict.fromkeys(str(entry.message.data) for entry in read_messages(bag, [topic])))


def _measure(args: LiveArgs, settings: LiveSettings) -> LiveReport:
    presence = probe_ros()
    if not presence.is_complete:
        raise CommandError(f"ROS 2 or the interfaces cannot be imported here: {presence.error}")
    made = datetime.datetime.now(tz=datetime.UTC).isoformat(timespec="seconds")
    machine = machine_facts()
    files = bag_files(args.bag)
    logs = args.out / "logs"
    env = child_environment(
        domain_id=free_domain_id(), changes={"ROS_LOG_DIR": str((logs / "ros").absolute())}
    )
    parameters = {"model": args.model, "device": args.device, "reliability": args.reliability}
    with Children(env=env, log_folder=logs) as children:
        segmenter = children.start("segmenter", node_command("segmenter_node", **parameters))
        told = settings.model_copy(update={"node_pid": segmenter.pid}).model_dump_json()
        driver = children.start("driver", node_command("live_node", told), with_stdout=True)
        found = follow(driver, segmenter)
    return LiveReport(
        software=f"converseg-ros {__version__}",
        made=made,
        machine=machine,
        load_after=os.getloadavg()[:2],
        bag=args.bag.name,
        files=[File(**asdict(file)) for file in files],
        model=args.model,
        node_parameters=parameters,
        input=found.input,
        search=found.search,
        runs=found.runs,
    )
