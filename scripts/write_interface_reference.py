"""Writes docs/reference/interfaces.md from the message texts and the parameters of the nodes.

`.venv/bin/python scripts/write_interface_reference.py` writes; with `--check` it only says whether the file
is up to date (exit code 1: it is not).
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from converseg_ros.segmenter.parameters import SPECS, Spec
from converseg_ros.speech.settings import SPEECH_SPECS
from converseg_ros.targets.parameters import TARGET_SPECS

ROOT = Path(__file__).resolve().parents[1]
TARGET_PATH = ROOT / "docs" / "reference" / "interfaces.md"
COMMAND = ".venv/bin/python scripts/write_interface_reference.py"
FIELD = re.compile(
    r"^(?P<type>\S+)\s+(?P<name>\w+)\s*(?:=\s*(?P<value>[^#\s]+))?\s*(?:#\s*(?P<meaning>.*))?$"
)
PARTS = {"msg": ("",), "srv": ("Request", "Response"), "action": ("Goal", "Result", "Feedback")}
HEAD = ["| Type | Name | Value | Meaning |", "| --- | --- | --- | --- |"]


def cell(text: object) -> str:
    """A table's cell: no bar and no line break may end it."""
    return str(text).replace("|", "\\|").replace("\n", " ")


def part_lines(text: str) -> list[str]:
    """One part of an interface (between `---` lines) as Markdown; ValueError for a line that is no field."""
    out: list[str] = []
    in_table = False
    for raw in text.strip().splitlines():
        line = raw.strip()
        if not line or line.startswith("#"):
            if in_table:
                out.append("")
                in_table = False
            out.append(line.lstrip("# ").rstrip())
            continue
        match = FIELD.match(line)
        if match is None:
            raise ValueError(f"not a field of an interface: {line!r}; write TYPE NAME, or TYPE NAME=VALUE")
        if not in_table:
            if out and out[-1]:
                out.append("")
            out += HEAD
            in_table = True
        found = match.groupdict(default="")
        value = f"`{found['value']}`" if found["value"] else ""
        out.append(f"| `{found['type']}` | `{found['name']}` | {value} | {cell(found['meaning'])} |")
    return out or ["No fields."]


def interface_lines(path: Path) -> list[str]:
    """One .msg, .srv or .action file as Markdown."""
    kind = path.suffix[1:]
    texts = re.split(r"^---\s*$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    if len(texts) != len(PARTS[kind]):
        raise ValueError(f"{path.name} has {len(texts)} parts; a .{kind} file has {len(PARTS[kind])}")
    lines = [f"## converseg/{kind}/{path.stem}", ""]
    for title, text in zip(PARTS[kind], texts, strict=True):
        lines += [f"### {title}", ""] if title else []
        lines += [*part_lines(text), ""]
    return lines


def parameter_lines(title: str, specs: tuple[Spec, ...]) -> list[str]:
    """A node's parameters as a Markdown table."""
    lines = [f"## {title}", "", "| Name | Type | Default | Range | Takes effect | Meaning |"]
    lines.append("| --- | --- | --- | --- | --- | --- |")
    for spec in specs:
        limits = ", ".join(spec.choices)
        if spec.low is not None and spec.high is not None:
            limits = f"{spec.low:g} to {spec.high:g}"
        default = str(spec.default).lower() if isinstance(spec.default, bool) else spec.default
        shown = f"`{cell(default)}`" if default != "" else "empty"
        when = "at start" if spec.fixed else "at once" if spec.live else "configure or activate"
        lines.append(
            f"| `{spec.name}` | {type(spec.default).__name__} | {shown} | {cell(limits)} | {when} "
            f"| {cell(spec.description)} |"
        )
    return [*lines, ""]


def reference() -> str:
    """The whole document."""
    lines = ["# Interface reference", "", f"Made by `{COMMAND}`; do not edit.", ""]
    for kind in PARTS:
        for path in sorted((ROOT / kind).glob(f"*.{kind}")):
            lines += interface_lines(path)
    lines += parameter_lines("Parameters of segmenter", SPECS)
    lines += parameter_lines("Parameters of segmenter for depth", TARGET_SPECS)
    lines += parameter_lines("Parameters of speech", SPEECH_SPECS)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"


def main() -> int:
    """Writes or checks; the exit code."""
    parser = argparse.ArgumentParser(description="Write docs/reference/interfaces.md from the code.")
    parser.add_argument("--check", action="store_true", help="only say whether the file is up to date")
    wanted = reference()
    if not parser.parse_args().check:
        TARGET_PATH.parent.mkdir(parents=True, exist_ok=True)
        temporary_path = TARGET_PATH.with_suffix(".tmp")
        temporary_path.write_text(wanted, encoding="utf-8")
        temporary_path.replace(TARGET_PATH)
        return 0
    if TARGET_PATH.is_file() and TARGET_PATH.read_text(encoding="utf-8") == wanted:
        return 0
    print(f"{TARGET_PATH.relative_to(ROOT)} is out of date: run {COMMAND}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
