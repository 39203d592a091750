"""``converseg bag``: every frame of a recording answered once, measured, and written back as a bag."""

from __future__ import annotations

from collections.abc import Sequence

import tyro

from converseg_core.bags import BagError
from converseg_core.bundle import BundleError
from converseg_core.cli.bag import live
from converseg_core.cli.bag.answering import answer
from converseg_core.cli.bag.arguments import BagArgs
from converseg_core.cli.errors import CommandError
from converseg_core.evaluation.dataset import DatasetError
from converseg_core.evaluation.predictions_file import PredictionsError, require_parquet
from converseg_core.offline.questions import QuestionsError


def main(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    if "--live" in argv:
        return live.main([word for word in argv if word != "--live"])
    args = tyro.cli(BagArgs, prog="converseg bag", args=argv)
    args.check()
    try:
        require_parquet()
        return answer(args)
    except (BagError, BundleError, DatasetError, PredictionsError, QuestionsError) as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{error.filename or args.out}: {error.strerror or error}") from error
