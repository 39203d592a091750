"""Command line of the data engine: ``converseg engine ...`` or ``python -m converseg_engine.cli``."""

from converseg_engine.cli.main import main

__all__ = ["main"]
