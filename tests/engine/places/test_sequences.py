from __future__ import annotations

from itertools import pairwise

import mujoco
import numpy as np
import pytest

from converseg_engine.sim.camera import look_at
from converseg_engine.sim.camera_paths import draw_shake, eased, orbiting, standing
from converseg_engine.sim.hand import HAND
from converseg_engine.sim.handling import LIFT, RELEASE, Handler
from converseg_engine.sim.places.registry import PLACES
from converseg_engine.sim.render import Renderer
from converseg_engine.sim.sequence import KINDS, Frame, Sequence, make_sequence
from tests.engine.places.rays import assert_picture_is_true

NUM_FRAMES = 24


@pytest.fixture(scope="module")
def played(renderer: Renderer) -> dict[str, tuple[Sequence, list[Frame]]]:
    made = {}
    for kind in KINDS:
        sequence = make_sequence(
            11, renderer, kind=kind, num_frames=NUM_FRAMES, rate_hz=8.0, width=320, height=240
        )
        made[kind] = (sequence, list(sequence.frames()))
    return made


@pytest.mark.egl
@pytest.mark.parametrize("kind", KINDS)
def test_frames_are_on_time_and_their_masks_are_the_target(
    kind: str, played: dict[str, tuple[Sequence, list[Frame]]]
) -> None:
    sequence, frames = played[kind]
    assert [frame.index for frame in frames] == list(range(NUM_FRAMES))
    assert [frame.time_s for frame in frames] == pytest.approx(np.arange(NUM_FRAMES) / 8.0)
    assert not sequence.world.objects[sequence.target].fixed
    for frame in frames:
        np.testing.assert_array_equal(frame.mask, frame.owner == sequence.target)
        assert frame.rgb.shape == (240, 320, 3)
        assert not frame.mask.any() or frame.in_view
    assert frames[0].mask.sum() > 0.004 * 320 * 240
    assert frames[-1].mask.any()


@pytest.mark.egl
def test_a_sequence_plays_the_same_again(
    played: dict[str, tuple[Sequence, list[Frame]]], renderer: Renderer
) -> None:
    sequence, frames = played["moved object"]
    for before, again in zip(frames, sequence.frames(), strict=True):
        np.testing.assert_array_equal(before.rgb, again.rgb)
        np.testing.assert_array_equal(before.owner, again.owner)
        np.testing.assert_array_equal(before.camera.position, again.camera.position)


@pytest.mark.egl
def test_a_camera_that_moves_sees_the_target_from_elsewhere(
    played: dict[str, tuple[Sequence, list[Frame]]],
) -> None:
    _, frames = played["moving camera"]
    assert np.linalg.norm(frames[-1].camera.position - frames[0].camera.position) > 0.05
    steps = [np.linalg.norm(b.camera.position - a.camera.position) for a, b in pairwise(frames)]
    assert max(steps) < 0.2
    assert all(frame.mask.any() for frame in frames)


@pytest.mark.egl
def test_a_target_leaves_the_view_and_comes_back(played: dict[str, tuple[Sequence, list[Frame]]]) -> None:
    _, frames = played["leaves view"]
    gone = [frame for frame in frames if not frame.in_view]
    assert len(gone) >= 4
    assert not any(frame.mask.any() for frame in gone)
    assert frames[0].in_view
    assert frames[-1].mask.sum() > 0.7 * frames[0].mask.sum()


@pytest.mark.egl
def test_a_hand_hides_the_target_for_a_while(played: dict[str, tuple[Sequence, list[Frame]]]) -> None:
    _, frames = played["occlusion"]
    share = np.array([frame.mask.sum() for frame in frames]) / frames[0].mask.sum()
    assert share.min() < 0.5
    hidden = frames[int(share.argmin())]
    assert hidden.in_view
    assert (hidden.owner == HAND).mean() > 0.01
    assert not (frames[0].owner == HAND).any()
    assert share[-1] > 0.8


@pytest.mark.egl
def test_a_carried_thing_rests_before_and_after(played: dict[str, tuple[Sequence, list[Frame]]]) -> None:
    sequence, frames = played["moved object"]
    move = sequence._move
    assert move is not None
    data = mujoco.MjData(sequence.world.model)
    mujoco.mj_forward(sequence.world.model, data)
    handler = Handler(sequence.world, data, move, length_s=sequence.length_s)
    bodies = [sequence.world.model.body(f"object{i}").id for i in range(len(sequence.world.objects))]
    highest = 0.0
    for t in np.linspace(0.0, 1.0, 21):
        handler.advance_to(t * sequence.length_s)
        at = data.xpos[bodies[sequence.target]]
        if t < LIFT:
            assert np.linalg.norm(at - move.start) < 0.002
        elif t > RELEASE + 0.15:
            assert np.linalg.norm(at - move.start - move.offset) < 0.02
        highest = max(highest, float(at[2] - move.start[2]))
    assert highest == pytest.approx(move.lift_m, abs=0.01)
    others = [i for i in range(len(bodies)) if i != sequence.target]
    moved = np.linalg.norm(data.xpos[[bodies[i] for i in others]] - sequence.world.positions[others], axis=1)
    assert moved.max() < 0.01
    assert any((frame.owner == HAND).any() for frame in frames)
    first, last = (np.argwhere(f.mask).mean(axis=0) for f in (frames[0], frames[-1]))
    assert np.linalg.norm(last - first) > 8


def check_frames_by_rays(sequence: Sequence, frames: list[Frame], *, step: int, num_pixels: int) -> int:
    """Play the physics beside the pictures and cast rays at each chosen moment."""
    data = mujoco.MjData(sequence.world.model)
    mujoco.mj_forward(sequence.world.model, data)
    handler = Handler(sequence.world, data, sequence._move, length_s=sequence.length_s)
    num = 0
    for frame in frames[::step]:
        handler.advance_to(frame.time_s)
        if sequence._passing is not None and (frame.owner == HAND).any():
            continue
        assert_picture_is_true(
            sequence.world,
            data,
            frame.camera,
            frame.depth_m,
            frame.owner,
            frame.part,
            num_pixels=num_pixels,
        )
        num += 1
    return num


@pytest.mark.egl
@pytest.mark.parametrize("kind", KINDS)
def test_masks_and_depth_of_frames_agree_with_rays(
    kind: str, played: dict[str, tuple[Sequence, list[Frame]]]
) -> None:
    sequence, frames = played[kind]
    assert check_frames_by_rays(sequence, frames, step=6, num_pixels=120) >= 2


@pytest.mark.egl
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_masks_and_depth_of_500_frames_agree_with_rays(renderer: Renderer) -> None:
    num = 0
    for k, place in enumerate(PLACES):
        for kind in (KINDS[k % 4], KINDS[(k + 1) % 4]):
            sequence = make_sequence(
                100 + k, renderer, kind=kind, num_frames=36, rate_hz=10.0, width=320, height=240, place=place
            )
            num += check_frames_by_rays(sequence, list(sequence.frames()), step=1, num_pixels=60)
    assert num >= 500


@pytest.mark.egl
@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"kind": "explosion"}, "kind"),
        ({"num_frames": 1}, "num_frames"),
        ({"kind": "moved object", "num_frames": 5}, "num_frames"),
    ],
)
def test_wrong_arguments_are_named(options: dict[str, object], name: str, renderer: Renderer) -> None:
    usual: dict[str, object] = {"kind": "occlusion", "num_frames": 30, "width": 320, "height": 240}
    with pytest.raises(ValueError, match=name):
        make_sequence(1, renderer, **(usual | options))  # type: ignore[arg-type]


def test_camera_paths_start_at_the_start_and_keep_to_rotations() -> None:
    start = look_at(np.array([0.8, -0.6, 1.3]), np.array([0.0, 0, 0.8]), fov_y_deg=48, width=320, height=240)
    rng = np.random.default_rng(0)
    shake = draw_shake(rng, length_s=4.0)
    for path in (standing(start, shake), orbiting(rng, start, np.array([0.0, 0, 0.8]), shake)):
        np.testing.assert_allclose(path(0.0).position, start.position)
        np.testing.assert_allclose(path(0.0).rotation, start.rotation)
        for t in np.linspace(0, 1, 7):
            rotation = path(float(t)).rotation
            np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-9)
    assert [eased(t) for t in (-1.0, 0.0, 0.5, 1.0, 2.0)] == [0.0, 0.0, 0.5, 1.0, 1.0]
