"""Options of ``converseg bag`` and ``converseg bags``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from converseg_core.cli.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class AskArgs:
    """What is asked about a bag, and of whom."""

    prompt: Annotated[list[tuple[str, ...]], tyro.conf.UseAppendAction, tyro.conf.arg(metavar="WORDS...")]
    """Ask this of every frame; each argument is one question."""

    instructions: Path | None = None
    """CSV file of instructions: seconds after the first frame, words."""

    every: int = 1
    """Answer every Nth frame of each camera."""

    model: str = "sim-tiny"
    """Model name (see `converseg models list`) or bundle folder."""

    image_topic: tuple[str, ...] = ()
    """Camera topics; all picture topics where it is left out."""

    instruction_topic: str | None = None
    """Topic of the instructions (std_msgs/String)."""

    truth_topic: str | None = None
    """Topic of the true masks: converseg/Segmentation, or Image with 0 and 255."""

    truth_folder: Path | None = None
    """Folder of true masks, named by stamp: SEC.NANOSEC.png or NANOSECONDS.png."""

    camera_info_topic: tuple[str, ...] = ()
    """CameraInfo topics, one for each camera in its order; found by name where it is left out."""

    depth_topic: tuple[str, ...] = ()
    """Topics of depth aligned to the pictures (16UC1, 32FC1, compressedDepth), one for each camera in its
    order; found by name where it is left out."""

    depth: bool = True
    """Measure how far away answered masks are (`--no-depth` leaves depth out)."""

    tolerance_s: float = 0.0
    """How far the stamps of a frame, its truth, its CameraInfo and its depth may lie apart."""

    annotate: bool = True
    """Write the annotated bag (`--no-annotate` leaves it out)."""

    report: bool = True
    """Write report.html (`--no-report` leaves it out)."""

    @property
    def prompts(self) -> list[str]:
        """The questions of every frame."""
        return [words for group in self.prompt for words in group]

    @property
    def tolerance_ns(self) -> int:
        """``tolerance_s`` in nanoseconds."""
        return round(self.tolerance_s * 1e9)

    def check(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            UsageError: an option is out of range, or two exclude each other.
        """
        if self.every < 1:
            raise UsageError(f"--every {self.every}: give 1 or more")
        if self.tolerance_s < 0:
            raise UsageError(f"--tolerance-s {self.tolerance_s}: give 0 or more seconds")
        if self.prompts and self.instructions is not None:
            raise UsageError("give --prompt or --instructions, not both")


@dataclass(frozen=True, kw_only=True)
class BagArgs(AskArgs):
    """Answer every frame of a ROS 2 or ROS 1 bag once and in order; no ROS needed.

    Asks what stands in the bag's instruction topic, in --instructions, or --prompt of every frame. Writes
    predictions.parquet, metrics.json, report.html and an annotated bag. A stopped run goes on where it
    stopped. Exit code 1 where a frame was lost or the bag is damaged; what could be read is kept.
    """

    bag: tyro.conf.Positional[Path]
    """Bag folder, .mcap, .db3 or .bag file."""

    out: Path = Path("converseg-bag")
    """Folder for the results; made where it is missing."""

    json: bool = False
    """Print metrics.json instead of tables."""

    live: bool = False
    """Measure the ROS 2 node instead; other options: `converseg bag --live --help`."""
