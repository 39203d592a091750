"""A settings file is read, or the field that is wrong is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from converseg_engine.vlm.settings import read_settings, settings_from
from tests.engine.vlm.rehearsal import settings_fields

FIELDS = settings_fields("http://localhost:8000/v1", Path("truth"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"generator": None}, r"generator: the section"),
        ({"verifier": {**FIELDS["verifier"], "temperature": 0.2}}, r"temperature: verdicts are asked at 0"),
        ({"verifier": {**FIELDS["verifier"], "modle": "x"}}, r"verifier\.modle: there is no such field"),
        ({"verifier": {"url": "http://h/v1"}}, r"verifier\.model: is missing"),
        ({"verifier": {**FIELDS["verifier"], "max_tokens": "many"}}, r"verifier\.max_tokens: 'many'"),
        ({"generator": {**FIELDS["generator"], "url": "h"}}, r"generator\.url"),
        ({"concepts": ["colours"]}, r"concepts: \['colours'\]"),
        ({"splits": {"train": 0.5}}, r"splits"),
        ({"budget": {"max_cost": 3}}, r"budget\.max_cost"),
        ({"budget": {"stages": {"masks": {}}}}, r"stages: 'masks'"),
        ({"max_side": 5}, r"max_side"),
        ({"photos_per_task": True}, r"photos_per_task: True"),
        ({"colour": 1}, r"settings\.colour"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        settings_from({**FIELDS, **change})


def test_the_digest_knows_what_decides_rows_and_nothing_else() -> None:
    def digest(**changes: Any) -> str:
        return settings_from({**FIELDS, **changes}).rows_digest()

    generator = FIELDS["generator"]
    first = digest()
    assert digest(generator={**generator, "url": "http://elsewhere/v1", "max_in_flight": 3}) == first
    assert digest(budget={"max_tokens": 5}, splits={"train": 1.0}) == first
    assert digest(generator={**generator, "revision": "2"}) != first
    assert digest(generator={**generator, "seed": 2}) != first
    assert digest(masks={**FIELDS["masks"], "pool": ""}) != first
    assert digest(max_side=512) != first


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        read_settings(tmp_path / "none.toml")
    (tmp_path / "a.toml").write_text("= =")
    with pytest.raises(ValueError, match="is no TOML"):
        read_settings(tmp_path / "a.toml")
