"""MODEL_CARD.md of ``mini``, and the tables of docs/mini.md, from the reports that lie in the repository.

    python -m converseg_training.mini.card --reports REPORTS --card MODEL_CARD.md --page docs/mini.md

Every figure comes from REPORTS (what ``converseg_training.mini.five_fold`` wrote); none is typed in by hand.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from converseg_core.mini.packages import PACKAGES
from converseg_training.mini.report import best_blind, figure, put_between_marks, read_metrics, tables


def row_of(metrics: Mapping[str, Any], name: str) -> dict[str, Any]:
    """One row of a set's table.

    Raises:
        ValueError: the set has no such row.
    """
    for row in metrics["table"]:
        if row["name"] == name:
            return dict(row)
    raise ValueError(f"metrics: no row {name!r} among {[row['name'] for row in metrics['table']]}")


def goals(found: Mapping[str, Any]) -> list[tuple[str, str, float, bool]]:
    """What was asked of ``mini``: (what, goal, measured, reached), for the sets that were measured."""
    asked: list[tuple[str, str, float, bool]] = []

    def at_least(what: str, value: float, least: float) -> None:
        asked.append((what, f"at least {least:g}", value, value >= least))

    def at_most(what: str, value: float, most: float) -> None:
        asked.append((what, f"at most {most:g}", value, value <= most))

    if "templates" in found:
        rows = {name: row_of(found["templates"], name) for name in ("class-thing", "class-stuff")}
        num = {name: row["num_samples"] for name, row in rows.items()}
        both = sum(rows[name]["giou"] * num[name] for name in rows) / sum(num.values())
        at_least("photos, class names, gIoU", both, 0.38)
        at_least("photos, things, gIoU", rows["class-thing"]["giou"], 0.46)
        at_least("photos, stuff, gIoU", rows["class-stuff"]["giou"], 0.32)
        at_least("photos, purposes, gIoU", row_of(found["templates"], "affordance")["giou"], 0.35)
        absent = row_of(found["templates"], "absent")["no_target_right"]
        at_least("photos, absent things answered with nothing", absent, 0.92)
    if "conversation" in found:
        row = row_of(found["conversation"], "all")
        at_least("photos, spoken prompts with a target, gIoU", row["giou_with_target"], 0.32)
        lead = row["giou_with_target"] - best_blind(found["conversation"], row)[1]
        at_least("photos, spoken prompts, lead over the best answer without words", lead, 0.1)
    if "simulated" in found:
        rows = {row["name"]: row for row in found["simulated"]["table"]}
        at_least("simulated, gIoU", rows["all"]["giou"], 0.60)
        worst = min((name for name in rows if name != "all"), key=lambda name: float(rows[name]["giou"]))
        at_least(f"simulated, gIoU of the weakest family ({worst})", rows[worst]["giou"], 0.45)
        at_most("simulated, false positives where nothing fits", rows["all"]["false_positive_rate"], 0.08)
        at_most("simulated, calibration error", found["simulated"]["expected_calibration_error"], 0.05)
    return asked


def render_card(reports: Path) -> str:
    """The card as Markdown.

    Raises:
        ValueError: the reports on photos are missing.
    """
    found = read_metrics(reports)
    missing = [name for name in ("templates", "conversation", "conversation-by-kind") if name not in found]
    if missing:
        raise ValueError(f"reports: {reports / missing[0]} is missing; run converseg_training.mini.five_fold")
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("converseg_training.mini", "templates"),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters |= {"figure": figure, "percent": _percent}
    kinds = [row for row in found["conversation-by-kind"]["table"] if row["name"] != "all"]
    overall = row_of(found["conversation"], "all")
    return environment.get_template("MODEL_CARD.md.j2").render(
        packages=PACKAGES,
        folds=found["conversation"]["folds"],
        model_ids=sorted({metrics["model_id"] for metrics in found.values()}),
        overall=overall,
        blind=best_blind(found["conversation"], overall),
        kinds=sorted(kinds, key=lambda row: float(row["giou_with_target"])),
        absent=row_of(found["templates"], "absent"),
        goals=goals(found),
        tables=tables(reports),
    )


def _percent(value: float) -> str:
    return "-" if math.isnan(value) else f"{100 * value:.0f}"


def main() -> None:
    """Write the card, and the tables of the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--reports", type=Path, required=True)
    parser.add_argument("--card", type=Path, help="file to write")
    parser.add_argument("--page", type=Path, help="page whose tables are put between its marks")
    args = parser.parse_args()
    if args.card:
        args.card.write_text(render_card(args.reports))
    if args.page:
        args.page.write_text(put_between_marks(args.page.read_text(), tables(args.reports)))


if __name__ == "__main__":
    main()
