"""The table of a live measurement, for people."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table

from converseg_core.live.report import LiveReport, Run, Spread


def print_report(report: LiveReport) -> None:
    """The highest rate and the fixed ones, on stdout; fits 80 columns."""
    console = Console()
    source = report.input
    console.print(f"{source.model_id} on {report.bag} {source.image_topic}, {source.num_frames} frames")
    if report.search is not None and report.search.highest_hz is not None:
        beyond = "" if report.search.failed_hz else ", the upper end of the search"
        console.print(
            f"Highest rate with less than {100 * report.search.max_drop_share:.0f} % dropped: "
            f"{report.search.highest_hz:.3g} Hz{beyond}"
        )
    if not report.results:
        return
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("", no_wrap=True)
    for run in report.results:
        name = "highest" if run.kind == "highest" else "fixed"
        table.add_column(f"{name}\n{run.target_hz:.3g} Hz", justify="right", no_wrap=True)
    columns = [_cells(run) for run in report.results]
    for name in columns[0]:
        table.add_row(name, *(cells[name] for cells in columns))
    console.print(table)
    if any(not run.is_sustained and not run.frames.drop_share >= 0.05 for run in report.results):
        console.print("Frames were sent more slowly than asked for: this machine can't drive such a rate.")


def _cells(run: Run) -> dict[str, str]:
    dropped = run.frames.dropped
    return {
        "sent at, Hz": f"{run.published_hz:.1f}",
        "answered at, Hz": "-" if run.answered_hz is None else f"{run.answered_hz:.1f}",
        "frames": str(run.frames.num_published),
        "  answered": str(run.frames.num_answered),
        "  lost in transport": str(dropped.in_transport),
        "  replaced by newer": str(dropped.in_mailbox),
        "  failed": str(dropped.failed),
        "  unanswered": str(dropped.unanswered),
        "dropped, %": f"{100 * run.frames.drop_share:.1f}",
        "latency p50, ms": _ms(run.latency_s, "p50"),
        "latency p95, ms": _ms(run.latency_s, "p95"),
        "latency p99, ms": _ms(run.latency_s, "p99"),
        "frame age p50, ms": _ms(run.frame_age_s, "p50"),
        "frame age p95, ms": _ms(run.frame_age_s, "p95"),
        "jitter mean, ms": "-" if run.jitter_s is None else f"{1000 * run.jitter_s.mean:.1f}",
        "processor, %": f"{run.process.cpu_percent:.0f}",
        "memory, MB": f"{run.process.memory_max_mb:.0f}",
    }


def _ms(value: Spread | None, name: str) -> str:
    return "-" if value is None else f"{1000 * getattr(value, name):.1f}"
