"""Prompt texts as versioned files: a file that has been used is never edited; a change is a new version."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from importlib import resources

from jinja2 import Environment, StrictUndefined

VERSIONS = {
    "scene": 1,
    "region": 1,
    "prompts": 1,
    "family-entities": 1,
    "family-spatial": 1,
    "family-relations": 1,
    "family-affordances": 1,
    "family-physics": 1,
    "align": 1,
    "absent": 1,
    "again": 1,
}
"""The version of each text that runs use."""

_ENVIRONMENT = Environment(
    undefined=StrictUndefined,
    autoescape=False,  # plain text for a model, never HTML
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=False,
)


@dataclass(frozen=True)
class Text:
    """A rendered prompt text.

    Attributes:
        text: what is sent.
        template: names and versions of the files it was made from.
        template_sha256: of those files.
    """

    text: str
    template: str
    template_sha256: str

    @property
    def sha256(self) -> str:
        """Of the rendered text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@functools.cache
def source_text(name: str) -> str:
    """The text file of a template in the version that is used.

    Raises:
        ValueError: there is no such template.
    """
    if name not in VERSIONS:
        raise ValueError(f"template: {name!r} is none of {', '.join(VERSIONS)}")
    return (resources.files(__package__) / "texts" / f"{name}.v{VERSIONS[name]}.txt").read_text("utf-8")


@functools.cache
def _compiled(name: str) -> object:
    return _ENVIRONMENT.from_string(source_text(name))


@functools.cache
def _digest(names: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join(source_text(name) for name in names).encode()).hexdigest()


def render(name: str, *, parts: tuple[str, ...] = (), **values: object) -> Text:
    """Fill in a template.

    Args:
        name: which.
        parts: further templates whose text is among the values; they belong to the digest.
        values: what its placeholders stand for.

    Raises:
        ValueError: there is no such template.
        jinja2.UndefinedError: a placeholder has no value.
    """
    names = (name, *parts)
    filled: str = _compiled(name).render(**values)  # type: ignore[attr-defined]
    return Text(filled.strip(), "+".join(f"{n}.v{VERSIONS[n]}" for n in names), _digest(names))
