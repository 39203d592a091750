"""``python -m converseg_engine.vlm.scripted --truth SHARDS``: serve the scripted model until stopped.

Prints its address when it is ready.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import tyro

from converseg_core.worker_processes import die_with_parent
from converseg_engine.vlm.scripted.model import ScriptedModel
from converseg_engine.vlm.scripted.server import Server, open_log
from converseg_engine.vlm.scripted.settings import Script, read_script
from converseg_engine.vlm.scripted.truth import book_of_shards


@dataclass(frozen=True, kw_only=True)
class Serve:
    """Serve a model that knows the truth of simulated scenes and errs as often as it is told.

    Attributes:
        truth: folder of shards of version 2.
        split: of the shards.
        script: JSON file of error and fault rates.
        log: file for a line about each request.
        port: 0 for any that is free.
        max_side: of pictures that models are shown; the run's own setting.
        parent: process id that this one ends with; 0 for none.
    """

    truth: Path
    split: str = "train"
    script: Path | None = None
    log: Path | None = None
    port: int = 0
    max_side: int = 1024
    parent: int = 0


async def _serve(options: Serve) -> None:
    script = Script() if options.script is None else read_script(options.script)
    book = book_of_shards(options.truth, options.split, max_side=options.max_side, for_models=True)
    log = None if options.log is None else open_log(options.log)
    server = await Server(ScriptedModel(book, script), script, log).start(port=options.port)
    host, port = server.sockets[0].getsockname()[:2]
    print(f"http://{host}:{port}/v1", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    chosen = tyro.cli(Serve)
    if chosen.parent:
        die_with_parent(chosen.parent)
    asyncio.run(_serve(chosen))
