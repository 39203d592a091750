"""Is there a ``mini`` of this version on this machine?"""

from __future__ import annotations

from converseg_core.bundle import BundleError, read_manifest, resolve
from converseg_core.mini.build import outdated_files


def why_not() -> str:
    """Empty where ``load_model("mini")`` gives what this version builds; else a reason to skip."""
    try:
        differing = outdated_files(read_manifest(resolve("mini")))
    except BundleError:
        return "mini is not built here: converseg models build mini"
    if differing:
        return (
            f"mini was built by another version ({', '.join(differing)} differ): converseg models build mini"
        )
    return ""
