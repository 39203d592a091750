"""``converseg models``: what there is, what it is, whether it is whole."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from converseg_core.bundle import BundleError, Manifest, available_models, read_manifest, resolve, verify
from converseg_core.cli.console import json_line, print_line
from converseg_core.cli.errors import EXIT_FAILED, EXIT_GOOD, CommandError
from converseg_core.cli.models_base import ImportBaseArgs, run_import_base
from converseg_core.cli.models_build import BuildArgs, run_build
from converseg_core.cli.models_import import ImportArgs, run_import
from converseg_core.loading import load_model


@dataclass(frozen=True, kw_only=True)
class ListArgs:
    """List the models that can be loaded by name."""

    json: bool = False
    """One JSON line for each model."""


@dataclass(frozen=True, kw_only=True)
class InfoArgs:
    """Say what a model is: licence, training data, files, measured figures."""

    model: tyro.conf.Positional[str]
    """Model name or bundle folder."""

    json: bool = False
    """The same as one JSON line."""


@dataclass(frozen=True, kw_only=True)
class VerifyArgs:
    """Check every file of a model against its sha256. Exit code 1 where one differs."""

    model: tyro.conf.Positional[str]
    """Model name or bundle folder."""

    json: bool = False
    """The result as one JSON line."""


def main(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    args: ListArgs | InfoArgs | VerifyArgs | ImportArgs | ImportBaseArgs | BuildArgs = (
        tyro.extras.subcommand_cli_from_dict(
            {
                "list": ListArgs,
                "info": InfoArgs,
                "verify": VerifyArgs,
                "import": ImportArgs,
                "import-base": ImportBaseArgs,
                "build": BuildArgs,
            },
            prog="converseg models",
            args=list(argv),
            description="List, describe, check, import and build models.",
            config=(tyro.conf.FlagCreatePairsOff,),
        )
    )
    try:
        if isinstance(args, ListArgs):
            return _list(args)
        if isinstance(args, InfoArgs):
            return _info(args)
        if isinstance(args, VerifyArgs):
            return _verify(args)
        if isinstance(args, BuildArgs):
            return run_build(args)
        if isinstance(args, ImportBaseArgs):
            return run_import_base(args)
        return run_import(args)
    except BundleError as error:
        raise CommandError(str(error)) from error


def _list(args: ListArgs) -> int:
    for name, folder in available_models().items():
        manifest = read_manifest(folder)
        if args.json:
            print_line(json_line(_row(manifest, folder)))
        else:
            size = sum(file.size_bytes for file in manifest.files.values()) / 1e6
            note = "  (never trained: random weights)" if manifest.weights == "random" else ""
            print_line(f"{name:<20} {manifest.model_id:<32} {size:8.1f} MB  {manifest.licence}{note}")
    return EXIT_GOOD


def _info(args: InfoArgs) -> int:
    folder = resolve(args.model)
    manifest = read_manifest(folder)
    row = _row(manifest, folder)
    facts = load_model(folder).info
    row |= {key: facts[key] for key in ("runtime", "device", "vocabulary") if key in facts}
    if args.json:
        print_line(json_line(row))
        return EXIT_GOOD
    for key, value in row.items():
        if isinstance(value, dict):
            print_line(f"{key}:")
            for name, item in value.items():
                print_line(f"  {name}: {item}")
        elif isinstance(value, tuple):
            print_line(f"{key}: {len(value)} words")
            print_line(textwrap.fill(" ".join(value), 100, initial_indent="  ", subsequent_indent="  "))
        else:
            print_line(f"{key}: {value}")
    return EXIT_GOOD


def _verify(args: VerifyArgs) -> int:
    folder = resolve(args.model)
    try:
        manifest = verify(folder)
    except BundleError as error:
        if not args.json:
            raise
        print_line(json_line({"folder": str(folder), "ok": False, "reason": str(error)}))
        return EXIT_FAILED
    if args.json:
        print_line(json_line({"folder": str(folder), "ok": True, "model_id": manifest.model_id}))
    else:
        print_line(f"{manifest.model_id}: all {len(manifest.files)} files are as the manifest says")
    return EXIT_GOOD


def _row(manifest: Manifest, folder: Path) -> dict[str, Any]:
    files = {
        file.path: f"{file.size_bytes} bytes, sha256 {file.sha256}"
        for _, file in sorted(manifest.files.items())
    }
    return {
        "name": manifest.name,
        "model_id": manifest.model_id,
        "folder": str(folder),
        "architecture": manifest.architecture,
        "weights": manifest.weights,
        "licence": manifest.licence,
        "training_data": manifest.training_data,
        "input": f"{manifest.preprocessing.width}x{manifest.preprocessing.height}",
        "files": files,
        "measured": dict(manifest.measured),
    }
