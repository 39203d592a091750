"""Pages to look at: one HTML file each, with everything inside."""

from converseg_core.report.demo_page import DemoPage, QuestionCard, render_demo_page
from converseg_core.report.machine import machine_facts

__all__ = ["DemoPage", "QuestionCard", "machine_facts", "render_demo_page"]
