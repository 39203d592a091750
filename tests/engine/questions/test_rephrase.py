"""Rephrasing against a real HTTP server that answers by a script."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converseg_engine.cli.main import main
from converseg_engine.shards import ImageRow, QuestionRow, encode_mask, read_shard, write_shard
from converseg_engine.sim.questions.meanings.meaning import Answer
from converseg_engine.sim.questions.meanings.table import MEANINGS
from converseg_engine.sim.questions.meanings.wording import say
from converseg_engine.sim.questions.rephrase import Endpoint, Outcome, must_stay, rephrase

Script = Callable[[dict[str, Any]], tuple[int, bytes]]
PROMPT = "what is on the red book?"


@contextmanager
def server(script: Script) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """An HTTP server on a free port; yields its address and the requests it got."""
    got: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            got.append({"path": self.path, "key": self.headers.get("Authorization"), **body})
            status, content = script(body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    httpd = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}/v1", got
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


def content(**fields: object) -> tuple[int, bytes]:
    return 200, json.dumps({"choices": [{"message": {"content": json.dumps(fields)}}]}).encode()


def scripted(proposal: str, *, same: bool = True) -> Script:
    def script(body: dict[str, Any]) -> tuple[int, bytes]:
        asks_to_judge = body["response_format"]["json_schema"]["name"] == "same"
        return content(same=same) if asks_to_judge else content(request=proposal)

    return script


def test_good_words_are_taken_and_a_second_call_has_judged_them() -> None:
    with server(scripted("Tell me what lies on top of  the red book")) as (url, got):
        result = rephrase("what lies on top of the red book?", Endpoint(url=url, model="m", api_key="k"))
    assert result.outcome is Outcome.REPHRASED
    assert result.prompt == "tell me what lies on top of the red book"
    proposing, judging = got
    assert proposing["path"] == "/v1/chat/completions" and proposing["key"] == "Bearer k"
    assert "red, book" in proposing["messages"][0]["content"]
    assert judging["temperature"] == 0.0
    schema = judging["response_format"]["json_schema"]["schema"]
    assert schema["properties"] == {"same": {"type": "boolean"}}
    assert proposing["messages"][0]["content"] not in json.dumps(judging)


@pytest.mark.parametrize(
    "proposal",
    [
        "what is on the blue book?",
        "what is on the red thing?",
        "what is left of the red book?",
        PROMPT,
        "book " * 40,
    ],
)
def test_changed_nouns_colors_or_directions_are_rejected_without_a_judge(proposal: str) -> None:
    with server(scripted(proposal)) as (url, got):
        result = rephrase(PROMPT, Endpoint(url=url, model="m"))
    assert (result.prompt, result.outcome) == (PROMPT, Outcome.REJECTED)
    assert len(got) == 1


def test_a_judge_who_says_no_keeps_the_prompt() -> None:
    with server(scripted("who wrote the red book?", same=False)) as (url, _):
        result = rephrase(PROMPT, Endpoint(url=url, model="m"))
    assert (result.prompt, result.outcome) == (PROMPT, Outcome.REJECTED)
    assert "another meaning" in result.reason


@pytest.mark.parametrize(
    "reply",
    [
        (500, b"down"),
        (200, b"<html>"),
        (200, b'{"choices": []}'),
        content(request=3),
        content(other="x"),
        (200, json.dumps({"choices": [{"message": {"content": "sure!"}}]}).encode()),
    ],
)
def test_a_failing_server_is_a_failure_not_a_rejection(reply: tuple[int, bytes]) -> None:
    with server(lambda body: reply) as (url, _):
        result = rephrase(PROMPT, Endpoint(url=url, model="m"))
    assert (result.prompt, result.outcome) == (PROMPT, Outcome.FAILED)
    assert url in result.reason


def test_nobody_there_is_a_failure_too() -> None:
    result = rephrase(PROMPT, Endpoint(url="http://127.0.0.1:9/v1", model="m", timeout_s=2.0))
    assert result.outcome is Outcome.FAILED


def test_what_must_stay() -> None:
    assert must_stay("the second spray bottle left of the two red mugs") == (
        *("second", "spray bottle", "left", "two", "red", "mugs"),
    )
    assert must_stay("what fits between fingers 8 centimeters apart?") == ("between", "8")


@given(st.sampled_from(MEANINGS), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=100)
def test_slots_are_among_the_words_that_must_stay(meaning: Any, seed: int) -> None:
    slots = {
        "cat": "mug",
        "cats": "mugs",
        "ref": "red book",
        "other": "knife",
        "color": "blue",
        "part": "handle",
        "purpose": "to drink from",
        "width": "8",
    }
    said = say(meaning, Answer(frozenset({(1, -1)}), slots), np.random.default_rng(seed))[0]
    for slot, word in (("cat", "mug"), ("cats", "mugs"), ("color", "blue"), ("width", "8")):
        if f"{{{slot}}}" in "".join(meaning.phrasings) and word in said.split():
            assert word in must_stay(said)


def test_a_bad_endpoint_is_named() -> None:
    for fields, name in (
        ({"url": "localhost", "model": "m"}, "url"),
        ({"url": "http://x", "model": ""}, "model"),
        ({"url": "http://x", "model": "m", "timeout_s": 0.0}, "timeout_s"),
    ):
        with pytest.raises(ValueError, match=name):
            Endpoint(**fields)


def _shard(folder: Path) -> None:
    rle = encode_mask(np.eye(8, dtype=bool))
    question = QuestionRow("q", PROMPT, "relations", "on_top", False, rle)
    write_shard(folder / "train-00000.parquet", [ImageRow("i", b"jpeg", 8, 8, 1, (question,))])


def test_the_command_changes_prompts_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _shard(tmp_path / "data")
    args = [
        "sim",
        "rephrase",
        "--data",
        str(tmp_path / "data"),
        "--out",
        str(tmp_path / "out"),
        "--model",
        "m",
    ]
    with server(scripted("tell me what lies on the red book")) as (url, _):
        assert main([*args, "--rephrase", url]) == 0
    assert json.loads(capsys.readouterr().out)["rephrased"] == 1
    (before,), (after,) = (read_shard(tmp_path / d / "train-00000.parquet") for d in ("data", "out"))
    assert after.questions[0].prompt == "tell me what lies on the red book"
    assert after.questions[0].rle == before.questions[0].rle and after.image == before.image
    with server(lambda body: (500, b"")) as (url, _):
        assert main([*args[:-4], "--out", str(tmp_path / "no"), "--model", "m", "--rephrase", url]) == 1
    assert not (tmp_path / "no" / "train-00000.parquet").exists()
    assert main([*args[:-4], "--out", str(tmp_path / "data"), "--model", "m", "--rephrase", url]) == 2
