"""The audit's page in a real browser: judged with keys, stored at once, and into the data set's card."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from converseg_engine.vlm.export import export
from converseg_engine.vlm.job import Job, Planned, save_task, write_plan
from converseg_engine.vlm.photos import list_photos
from converseg_engine.vlm.reviewing.sample import draw_sample
from converseg_engine.vlm.reviewing.server import AuditServer, new_server
from converseg_engine.vlm.reviewing.verdicts import read_verdicts, verdicts_path
from converseg_engine.vlm.rows import Outcome, PromptRow
from converseg_engine.vlm.scripted.drawn import write_drawn
from tests.core.evaluation.chromium import chromium, open_page
from tests.engine.vlm.rehearsal import settings
from tests.engine.vlm.samples import prompt_row


def _rows(planned: list[Planned]) -> list[PromptRow]:
    rows = []
    for k, one in enumerate(planned):
        for concept in ("physics", "spatial"):
            outcome = Outcome.REJECT if k == 0 else Outcome.ACCEPT
            row = prompt_row(k, concept, no_target=k == 1, outcome=outcome)
            rows.append(
                PromptRow(
                    **{
                        **{name: getattr(row, name) for name in row.__dataclass_fields__},
                        "id": f"{one.photo.id}-{concept}",
                        "photo": one.photo.id,
                        "prompt": f'<b>"{concept}" & {k}</b>',
                    }
                )
            )
    return rows


@pytest.fixture
def job(tmp_path: Path) -> Job:
    write_drawn(tmp_path, 3)
    (tmp_path / "out").mkdir()
    fields = settings("http://localhost:1/v1", tmp_path, splits={"train": 1.0})
    return Job(photos=tmp_path / "photos", out=tmp_path / "out", settings=fields)


@pytest.fixture
def server(job: Job) -> Iterator[AuditServer]:
    planned = [Planned(p, "train") for p in list_photos(job.photos, job.index_path, licence="CC0-1.0")]
    rows = [
        PromptRow(
            **{**{n: getattr(r, n) for n in r.__dataclass_fields__}, "rle": FULL, "height": 240, "width": 320}
        )
        for r in _rows(planned)
    ]
    write_plan(job, planned)
    save_task(job, 0, planned, rows)
    with new_server(job, planned, draw_sample(rows, num_per_concept=10), judge="me") as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield made
        made.shutdown()


def _full() -> str:
    import numpy as np

    from converseg_core.evaluation.rle import encode

    mask = np.zeros((240, 320), np.bool_)
    mask[50:150, 80:200] = True
    return encode(mask).counts.decode("ascii")


FULL = _full()


def _ask(server: AuditServer, method: str, path: str, body: str = "", **headers: str) -> tuple[int, bytes]:
    line = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
    line.request(method, path, body or None, headers)
    reply = line.getresponse()
    content = reply.read()
    line.close()
    return reply.status, content


def test_only_the_page_itself_may_judge_and_only_rows_of_the_sample(server: AuditServer, job: Job) -> None:
    items = json.loads(_ask(server, "GET", "/rows")[1])
    assert len(items) == 6
    assert not any(word in items[0] for word in ("outcome", "reason")), "judged blind"
    token = {"X-Token": server.auditing.token}
    good = json.dumps({"id": items[0]["id"], "verdict": "good"})
    assert _ask(server, "POST", "/verdict", good)[0] == 403
    assert _ask(server, "POST", "/verdict", good, **token, Host="evil.example:80")[0] == 403
    assert _ask(server, "GET", "/rows", Host="evil.example")[0] == 403
    assert _ask(server, "POST", "/verdict", '{"id": "x", "verdict": "good"}', **token)[0] == 400
    assert _ask(server, "POST", "/verdict", good.replace("good", "fine"), **token)[0] == 400
    assert _ask(server, "POST", "/verdict", "[1]", **token)[0] == 400
    assert _ask(server, "GET", "/picture/../../etc/passwd")[0] == 404
    assert not verdicts_path(job.out).exists()
    assert _ask(server, "POST", "/verdict", good, **token)[0] == 200
    assert read_verdicts(verdicts_path(job.out))[items[0]["id"]].judge == "me"
    status, picture = _ask(server, "GET", f"/picture/{items[0]['id']}/marked")
    assert (status, picture[:2]) == (200, b"\xff\xd8")


def _until(true: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


@pytest.mark.browser
def test_a_person_judges_with_keys_and_the_card_knows_it(
    server: AuditServer, job: Job, tmp_path: Path
) -> None:
    if chromium() is None:
        pytest.skip("no Chromium on this machine; Debian: apt-get install chromium")
    path = verdicts_path(job.out)
    rows = list(server.auditing.rows)
    with open_page(tmp_path) as page:
        page.call(
            "Emulation.setDeviceMetricsOverride", width=1200, height=800, deviceScaleFactor=1, mobile=False
        )
        page.call("Page.navigate", url=server.url)
        _until(lambda: bool(page.value("document.getElementById('total')?.textContent") == "6"))
        assert page.value("document.getElementById('prompt')?.textContent") == f"“{rows[0].prompt}”"
        shown = "[...document.querySelectorAll('main figure:not(.hidden) img')]"
        _until(lambda: bool(page.value(f"{shown}.every(image => image.naturalWidth === 320)")))
        assert page.value(f"{shown}.length") == (1 if rows[0].no_target else 2)
        assert page.value("document.documentElement.scrollWidth <= 1200")
        page.key("g", 71, "g")
        page.key("b", 66, "b")
        page.key("u", 85, "u")
        _until(lambda: len(read_verdicts(path)) == 3)
        page.key("ArrowLeft", 37)
        page.key("z", 90, "z")  # takes the third back
        _until(lambda: len(read_verdicts(path)) == 2)
        page.click("#bad")
        _until(lambda: len(read_verdicts(path)) == 3)
        said = {row_id: verdict.verdict for row_id, verdict in read_verdicts(path).items()}
        assert said == {rows[0].id: "good", rows[1].id: "bad", rows[2].id: "bad"}
        page.key("ArrowLeft", 37)
        page.key("n", 78, "n")
        assert page.value("document.getElementById('place')?.textContent") == "4"
        assert page.value("document.getElementById('judged')?.textContent") == "3"
        # Loaded again, it goes on where it stopped.
        page.call("Page.reload")
        place = "document.readyState === 'complete' && document.getElementById('place')?.textContent"
        _until(lambda: bool(page.value(place) == "4"))
        # What cannot be written is said, and not shown as stored.
        path.parent.rename(tmp_path / "moved")
        path.parent.write_text("in the way")
        page.key("g", 71, "g")
        _until(lambda: "NOT STORED" in str(page.value("document.getElementById('fault')?.textContent")))
        assert page.value("document.getElementById('judged')?.textContent") == "3"
    path.parent.unlink()
    (tmp_path / "moved").rename(path.parent)
    exported = export(job, server.auditing.planned)
    card = (exported.path / "README.md").read_text()
    assert "A person judged 3 rows" in card
    assert "| all | 3 |" in card
