"""One HTML file that shows how good a run was, and where it was wrong."""

from converseg_core.evaluation.report.cards import PictureSource
from converseg_core.evaluation.report.write import from_dataset, write_report

__all__ = ["PictureSource", "from_dataset", "write_report"]
