"""Cycles from this side: a Blender process that lives as long as the worker, one scene after the other."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.camera import Camera
from converseg_engine.sim.cycles.describe import describe
from converseg_engine.sim.world import World

PYTHON_VARIABLE = "CONVERSEG_BPY_PYTHON"
_WORKER_PATH = Path(__file__).with_name("blender_worker.py")


def find_python() -> str:
    """The Python that has ``bpy``: the one named by ``CONVERSEG_BPY_PYTHON``, else this one.

    Raises:
        RuntimeError: there is none; the message says how to get one.
    """
    named = os.environ.get(PYTHON_VARIABLE)
    if named:
        if not Path(named).is_file():
            raise RuntimeError(f"{PYTHON_VARIABLE} names {named}, which is no file")
        return named
    if importlib.util.find_spec("bpy") is not None:
        return sys.executable
    raise RuntimeError(
        "the Cycles renderer needs Blender as a Python package; it asks for numpy below 2, so it gets an"
        " environment of its own: python3.11 -m venv .venv-photo && .venv-photo/bin/pip install -r"
        f" requirements/sim-photo.txt, then {PYTHON_VARIABLE}=.venv-photo/bin/python"
    )


class CyclesPainter:
    """Renders worlds with Cycles on the CPU, on one thread.

    Args:
        samples: rays a pixel; the picture is denoised.

    Raises:
        RuntimeError: no Blender, or it does not start.
    """

    def __init__(self, *, samples: int) -> None:
        self._samples = samples
        self._folder = tempfile.TemporaryDirectory(prefix="converseg-cycles-")
        self._log = (Path(self._folder.name) / "blender.log").open("w+")
        self._process = subprocess.Popen(
            [find_python(), str(_WORKER_PATH)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        )
        self.version = str(self._reply()["blender"])

    def _reply(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._log.seek(0)
            said = " / ".join(self._log.read().splitlines()[-5:])
            raise RuntimeError(f"Blender ended with code {self._process.wait()}: {said}")
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            raise RuntimeError(f"Blender could not render: {reply['error']}")
        return reply

    def _render(self, world: World, camera: Camera, *, seed: int, indices: bool) -> dict[str, NDArray[Any]]:
        scene_path, out_path = Path(self._folder.name) / "scene.npz", Path(self._folder.name) / "out.npz"
        np.savez(scene_path, **describe(world, camera, samples=self._samples, seed=seed))  # type: ignore[arg-type]
        request = {"scene": str(scene_path), "out": str(out_path), "indices": indices}
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # then it has ended, and the reply says why
            print(json.dumps(request), file=self._process.stdin, flush=True)
        self._reply()
        with np.load(out_path) as found:
            return dict(found)

    def paint(self, world: World, camera: Camera, *, seed: int) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 RGB; the same arguments give the same picture on the same machine.

        Raises:
            RuntimeError: Blender failed.
        """
        picture: NDArray[np.uint8] = self._render(world, camera, seed=seed, indices=False)["rgb"]
        return picture

    def indices(self, world: World, camera: Camera) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Owner and part of each pixel as Cycles sees them, (H, W) each; to check one renderer by the other.

        Raises:
            RuntimeError: Blender failed.
        """
        found = self._render(world, camera, seed=0, indices=True)
        return found["owner"], found["part"]

    def close(self) -> None:
        """End Blender."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._log.close()
        self._folder.cleanup()


@functools.cache
def shared_painter(samples: int) -> CyclesPainter:
    """One Blender a worker process; it ends with the worker, when its input ends."""
    return CyclesPainter(samples=samples)
