"""A camera in the test's own process: a coloured thing that moves over a textured table."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.ros.client import Client

HEIGHT, WIDTH, SIDE = 240, 320, 60
RATE_HZ = 15.0


class MovingSquare:
    """Publishes at 15 Hz from a timer of the client's node; remembers the truth by stamp."""

    def __init__(self, client: Client) -> None:
        self._client = client
        noise = np.random.default_rng(7).integers(90, 170, (HEIGHT // 8, WIDTH // 8, 1), dtype=np.uint8)
        self._table = np.repeat(cv2.resize(noise, (WIDTH, HEIGHT))[..., None], 3, axis=2)
        grain = np.random.default_rng(8).integers(170, 256, (SIDE // 6, SIDE // 6), dtype=np.uint8)
        self._reds = cv2.resize(grain, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)
        self.left, self.speed, self.is_there = 20.0, 2.0, True
        self.truth: dict[tuple[int, int], NDArray[np.bool_]] = {}
        self.timer = client.node.create_timer(1 / RATE_HZ, self.show)

    def show(self) -> None:
        rgb, mask = self._table.copy(), np.zeros((HEIGHT, WIDTH), np.bool_)
        if self.is_there:
            at = round(self.left)
            rgb[80 : 80 + SIDE, at : at + SIDE] = 20
            rgb[80 : 80 + SIDE, at : at + SIDE, 0] = self._reds
            mask[80 : 80 + SIDE, at : at + SIDE] = True
        header = self._client.header()
        self.truth[(header.stamp.sec, header.stamp.nanosec)] = mask
        self._client.show(rgb, header)
        if not 10 <= self.left + self.speed <= WIDTH - SIDE - 10:
            self.speed = -self.speed
        self.left += self.speed

    def stop(self) -> None:
        self.timer.cancel()
