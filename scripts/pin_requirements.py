"""Writes requirements/demo.txt and requirements/dev.txt: every package, exact versions.

    .venv/bin/python scripts/pin_requirements.py             # after a change of a dependency
    .venv/bin/python scripts/pin_requirements.py --upgrade   # newest versions the ranges allow

pip resolves what pyproject.toml and requirements/*.in ask for; nothing is
installed. Then pip is asked, for each supported Python, whether every pin has
a wheel: a version that must be compiled from source would break set-up on a
machine that has only a C compiler.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT_PATH = Path(__file__).resolve().parent.parent
PYTHON_VERSIONS = ("3.11", "3.12")
# torch: its default Linux wheel is gigabytes; pip would fetch it only to read its name.
# empy: pure Python, published as source only; setuptools, itself pinned, builds it.
WITHOUT_WHEEL_CHECK = ("torch", "empy")


def wanted(extras: tuple[str, ...]) -> list[str]:
    """The requirements of pyproject.toml: base, and `extras` with the extras they name in turn."""
    project = tomllib.loads((ROOT_PATH / "pyproject.toml").read_text())["project"]
    found: list[str] = list(project["dependencies"])
    queue, seen = list(extras), set[str]()
    while queue:
        extra = queue.pop()
        if extra in seen:
            continue
        seen.add(extra)
        for requirement in project["optional-dependencies"][extra]:
            own = re.fullmatch(rf"{re.escape(project['name'])}\[(.+)\]", requirement)
            if own:
                queue += [name.strip() for name in own.group(1).split(",")]
            else:
                found.append(requirement)
    return found


def pip_report(arguments: list[str]) -> dict[str, str]:
    """Name -> version of all that pip would install for `arguments`.

    Raises:
        SystemExit: pip found no solution; its own message has been printed.
    """
    with tempfile.TemporaryDirectory() as folder:
        report_path = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        done = subprocess.run([*command, "--report", str(report_path), *arguments], check=False)
        if done.returncode != 0:
            raise SystemExit(f"pip found no set of versions for: {' '.join(arguments)}")
        report = json.loads(report_path.read_text())
    pins: dict[str, str] = {}
    for item in report["install"]:
        name = re.sub(r"[-_.]+", "-", item["metadata"]["name"]).lower()
        pins[name] = item["metadata"]["version"].partition("+")[0]
    return pins


def write_pins(path: Path, pins: dict[str, str], *, includes: str | None) -> None:
    """Replaces `path` in one step."""
    lines = [f"# Written by scripts/pin_requirements.py from {path.stem}.in and pyproject.toml; do not edit."]
    if includes:
        lines.append(f"-r {includes}")
    lines += [f"{name}=={version}" for name, version in sorted(pins.items())]
    temporary_path = path.with_suffix(".tmp")
    temporary_path.write_text("\n".join(lines) + "\n")
    temporary_path.replace(path)


def check_wheels(pins: dict[str, str]) -> None:
    """Asks pip whether every pin has a wheel for each of PYTHON_VERSIONS.

    Raises:
        SystemExit: one has none; pip's message names it.
    """
    exact = [f"{name}=={version}" for name, version in pins.items() if name not in WITHOUT_WHEEL_CHECK]
    for python_version in PYTHON_VERSIONS:
        with tempfile.TemporaryDirectory() as folder:
            target = [
                "--python-version",
                python_version,
                "--only-binary=:all:",
                "--no-deps",
                "--target",
                folder,
            ]
            pip_report([*target, *exact])
        print(f"Python {python_version}: {len(exact)} pins have wheels", file=sys.stderr)


def main() -> int:
    """Writes both files."""
    parser = argparse.ArgumentParser(description="Pin every package that set-up installs.")
    parser.add_argument("--upgrade", action="store_true", help="do not keep the versions pinned today")
    options = parser.parse_args()
    folder = ROOT_PATH / "requirements"
    demo_path, dev_path = folder / "demo.txt", folder / "dev.txt"
    kept = (
        [] if options.upgrade else [f"--constraint={path}" for path in (dev_path, demo_path) if path.exists()]
    )
    demo = pip_report([*kept, "-r", str(folder / "demo.in"), *wanted(("ros",))])
    everything = pip_report(
        [*kept, "-r", str(folder / "demo.in"), "-r", str(folder / "dev.in"), *wanted(("ros", "dev"))]
        + [f"{name}=={version}" for name, version in demo.items()]
    )
    check_wheels(everything)
    write_pins(demo_path, demo, includes=None)
    write_pins(dev_path, {k: v for k, v in everything.items() if k not in demo}, includes=demo_path.name)
    print(
        f"{demo_path.name}: {len(demo)} pins, {dev_path.name}: {len(everything) - len(demo)} more",
        file=sys.stderr,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
