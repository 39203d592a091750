"""Runs where Blender is: reads scenes from files named on standard input, writes pictures beside them.

This file imports nothing of ConverSeg-ROS, so that the Python that has ``bpy`` (with its own, older numpy)
needs nothing else. One line in: ``{"scene": ".../scene.npz", "out": ".../out.npz", "indices": false}``; one
line out: ``{"ok": true}`` or ``{"error": "..."}``. It ends when its input ends.
"""

from __future__ import annotations

import json
import math
import os
import sys
import traceback
from typing import Any

# Blender writes to standard output as it likes, from its import on: that goes to the log from here.
_REPLIES = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import bpy  # noqa: E402
import numpy as np  # noqa: E402

LAMP_RADIUS_M = 0.06
LAMP_GAIN, SKY_GAIN = 2.4, 1.3
"""Chosen so that pictures are as bright as MuJoCo's, whose lights add up without regard to physics."""


def to_linear(rgb: Any) -> list[float]:
    """From sRGB in [0, 1] to linear light."""
    c = np.asarray(rgb, dtype=np.float64)
    return [float(v) for v in np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)]


def new_material(look: dict[str, Any], images: dict[int, Any]) -> Any:
    """A principled surface of the colour or texture, as shiny as MuJoCo's."""
    material = bpy.data.materials.new("surface")
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    surface = nodes["Principled BSDF"]
    surface.inputs["Base Color"].default_value = [*to_linear(look["rgb"]), 1.0]
    surface.inputs["Roughness"].default_value = max(0.12, 0.85 - 0.75 * look["shine"])
    surface.inputs["Specular IOR Level"].default_value = 0.25 + 0.4 * look["shine"]
    if look["texture"] >= 0:
        picture = nodes.new("ShaderNodeTexImage")
        picture.image = images[look["texture"]]
        links.new(picture.outputs["Color"], surface.inputs["Base Color"])
    if look["emission"] > 0:
        surface.inputs["Emission Color"].default_value = [*to_linear(look["rgb"]), 1.0]
        surface.inputs["Emission Strength"].default_value = 1.5 * look["emission"]
    return material


def new_code_material(owner: int, part: int) -> Any:
    """A surface that shines with its owner and part as numbers."""
    material = bpy.data.materials.new("code")
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    nodes.clear()
    shine, output = nodes.new("ShaderNodeEmission"), nodes.new("ShaderNodeOutputMaterial")
    shine.inputs["Color"].default_value = [float(owner + 8), float(part + 8), 1.0, 1.0]
    links.new(shine.outputs["Emission"], output.inputs["Surface"])
    return material


def add_geoms(meta: dict[str, Any], arrays: Any, *, indices: bool) -> None:
    """All surfaces, each with its own material."""
    images = {} if indices else {t: new_image(arrays[f"texture/{t}"]) for t in meta["textures"]}
    for k, look in enumerate(meta["geoms"]):
        mesh = bpy.data.meshes.new(f"geom{k}")
        mesh.from_pydata(arrays[f"vertices/{k}"].tolist(), [], arrays[f"faces/{k}"].tolist())
        if look["texture"] >= 0:
            layer = mesh.uv_layers.new(name="uv")
            layer.data.foreach_set("uv", arrays[f"uv/{k}"].astype(np.float32).ravel())
        mesh.materials.append(
            new_code_material(look["owner"], look["part"]) if indices else new_material(look, images)
        )
        mesh.update()
        if hasattr(mesh, "set_sharp_from_angle"):
            mesh.polygons.foreach_set("use_smooth", np.ones(len(mesh.polygons), dtype=bool))
            mesh.set_sharp_from_angle(angle=math.radians(35))
        bpy.context.scene.collection.objects.link(bpy.data.objects.new(f"geom{k}", mesh))


def new_image(pixels: Any) -> Any:
    """A texture; row 0 of MuJoCo's is at v = 0, as in Blender."""
    height, width = pixels.shape[:2]
    image = bpy.data.images.new("texture", width, height)
    image.colorspace_settings.name = "sRGB"
    rgba = np.ones((height, width, 4), dtype=np.float32)
    rgba[..., :3] = pixels / np.float32(255)
    image.pixels.foreach_set(rgba.ravel())
    image.pack()
    return image


def add_lights(meta: dict[str, Any]) -> None:
    """Lamps of some size, so that shadows are soft, and the ambient light as a pale sky."""
    scene = bpy.context.scene
    world = bpy.data.worlds.new("world")
    world.use_nodes = True
    background = world.node_tree.nodes["Background"]
    background.inputs["Color"].default_value = [*to_linear(meta["ambient"]), 1.0]
    background.inputs["Strength"].default_value = SKY_GAIN
    scene.world = world
    for light in meta["lights"]:
        lamp = bpy.data.lights.new("lamp", "POINT")
        # MuJoCo's lamps do not fade with distance; this one is as bright as that at its target.
        position, direction = np.array(light["position"]), np.array(light["direction"])
        far = max(0.8, abs(position[2]) / max(0.3, abs(direction[2] / np.linalg.norm(direction))))
        lamp.energy = float(np.mean(to_linear(light["rgb"]))) * 4 * math.pi**2 * far**2 * LAMP_GAIN
        tint = np.array(light["rgb"]) / max(1e-6, float(np.max(light["rgb"])))
        lamp.color = tint.tolist()
        lamp.shadow_soft_size = LAMP_RADIUS_M
        item = bpy.data.objects.new("lamp", lamp)
        item.location = light["position"]
        scene.collection.objects.link(item)


def add_camera(meta: dict[str, Any]) -> None:
    """The same pinhole; Blender looks along -z with y up."""
    fields = meta["camera"]
    camera = bpy.data.cameras.new("camera")
    camera.sensor_fit = "VERTICAL"
    camera.angle_y = math.radians(fields["fov_y_deg"])
    camera.clip_start, camera.clip_end = 0.02, 100.0
    item = bpy.data.objects.new("camera", camera)
    rotation = np.array(fields["rotation"]) * np.array([1.0, -1.0, -1.0])
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = rotation, fields["position"]
    item.matrix_world = pose.T.tolist()  # bpy takes columns
    bpy.context.scene.collection.objects.link(item)
    bpy.context.scene.camera = item


def set_up(meta: dict[str, Any], path: str, *, indices: bool) -> None:
    """Render settings: one thread, a fixed seed, no colour grading."""
    scene = bpy.context.scene
    render = scene.render
    render.engine = "CYCLES"
    render.resolution_x, render.resolution_y = meta["camera"]["width"], meta["camera"]["height"]
    render.resolution_percentage = 100
    render.threads_mode, render.threads = "FIXED", 1
    render.filepath = path
    render.use_persistent_data = False
    cycles = scene.cycles
    cycles.device = "CPU"
    cycles.seed = meta["seed"] % (2**31)
    cycles.samples = 1 if indices else meta["samples"]
    cycles.use_adaptive_sampling = False
    cycles.use_denoising = not indices
    cycles.max_bounces = 0 if indices else 4
    cycles.caustics_reflective = cycles.caustics_refractive = False
    if indices:
        cycles.pixel_filter_type = "BOX"
        cycles.filter_width = 0.01
        render.image_settings.file_format = "OPEN_EXR"
        render.image_settings.color_depth = "32"
        scene.view_settings.view_transform = "Raw"
    else:
        scene.view_settings.view_transform = "Standard"
        render.image_settings.file_format = "PNG"
        render.image_settings.color_mode = "RGB"
        render.image_settings.color_depth = "8"
        render.image_settings.compression = 0


def render(request: dict[str, Any]) -> None:
    """One request."""
    indices = bool(request["indices"])
    with np.load(request["scene"]) as arrays:
        meta = json.loads(bytes(arrays["meta"]).decode())
        bpy.ops.wm.read_factory_settings(use_empty=True)
        add_geoms(meta, arrays, indices=indices)
    if not indices:
        add_lights(meta)
    add_camera(meta)
    path = request["out"] + (".exr" if indices else ".png")
    set_up(meta, path, indices=indices)
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(path)
    image.colorspace_settings.name = "Non-Color"
    width, height = image.size
    flat = np.empty(width * height * 4, dtype=np.float32)
    image.pixels.foreach_get(flat)
    pixels = flat.reshape(height, width, 4)[::-1, :, :3]
    if indices:
        codes = np.round(pixels).astype(np.int32)
        # Where nothing was hit the picture is black.
        np.savez(
            request["out"],
            owner=np.where(codes[..., 2] == 1, codes[..., 0] - 8, -1),
            part=np.where(codes[..., 2] == 1, codes[..., 1] - 8, -1),
        )
    else:
        np.savez(request["out"], rgb=np.round(np.clip(pixels, 0, 1) * 255).astype(np.uint8))
    os.unlink(path)  # noqa: PTH108 - nothing but bpy, numpy and what is shortest


def main() -> None:
    """Answer requests until the input ends."""
    print(json.dumps({"ok": True, "blender": bpy.app.version_string}), file=_REPLIES, flush=True)
    for line in sys.stdin:
        try:
            render(json.loads(line))
            reply: dict[str, Any] = {"ok": True}
        except Exception as error:  # noqa: BLE001 - whatever it is, the other side must hear of it
            traceback.print_exc()
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), file=_REPLIES, flush=True)


if __name__ == "__main__":
    main()
