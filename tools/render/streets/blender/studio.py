"""The two renders of a view: light through Cycles with its denoiser, and what is at the middle of each pixel.

Both are Blender scenes that show the same collection and keep their data from one render to the next. The second one overrides
every material with a flat one, so that no ray is followed further than to what it meets.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
import OpenEXR
from mathutils import Matrix
from numpy.typing import NDArray

from ..plan.cameras import View
from ..plan.weather import Weather
from .materials import make_materials, set_wetness
from .nodes import Nodes
from .sky import Sky
from .stage import FOLLOWING


@dataclass(frozen=True)
class Settings:
    """How to render; ``threads`` 0 takes all cores and does not change the pictures."""

    height: int = 384
    width: int = 512
    samples: int = 2
    bounces: int = 2
    threads: int = 0


class Studio:
    """Blender with an empty street. Use as a context: it holds a temporary folder."""

    def __init__(self, settings: Settings) -> None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self._settings = settings
        self.collection = bpy.data.collections.new("street")
        self._light = bpy.context.scene
        self._labels = bpy.data.scenes.new("labels")
        self._camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
        self._camera.data.clip_start, self._camera.data.clip_end = 0.1, 2000
        make_materials()
        self._sky = Sky(self._light)
        memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
        self._folder = Path(tempfile.mkdtemp(prefix="streets-", dir=memory))
        for scene in (self._light, self._labels):
            scene.collection.children.link(self.collection)
            scene.collection.objects.link(self._camera)
            scene.camera = self._camera
            self._common(scene)
        self._set_light()
        self._set_labels()

    def __enter__(self) -> Studio:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def look(self, view: View) -> None:
        """Move the camera."""
        self._camera.matrix_world = Matrix(view.matrix.tolist())
        self._camera.data.angle = view.fov

    def weather(self, weather: Weather) -> None:
        """Turn sky, sun and the road's wetness."""
        self._sky.show(weather)
        set_wetness(weather.wet)

    def light(self, seed: int) -> NDArray[np.float64]:
        """Linear red, green and blue ``(h, w, 3)``."""
        self._light.cycles.seed = seed
        return self._render(self._light)["Combined"][..., :3].astype(np.float64)

    def labels(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Pass indices, depths in metres, and the places of moving bodies' points a frame later."""
        passes = self._render(self._labels)
        index = np.rint(passes["Object Index.X"]).astype(np.int64)
        return index, passes["Depth.Z"].astype(np.float64), passes[FOLLOWING][..., :3].astype(np.float64)

    def _common(self, scene: bpy.types.Scene) -> None:
        settings, render, cycles = self._settings, scene.render, scene.cycles
        render.engine = "CYCLES"
        render.resolution_x, render.resolution_y, render.resolution_percentage = settings.width, settings.height, 100
        render.use_persistent_data = True
        render.use_compositing = render.use_sequencer = False
        if settings.threads:
            render.threads_mode, render.threads = "FIXED", settings.threads
        image = render.image_settings
        image.media_type = "MULTI_LAYER_IMAGE"
        image.file_format, image.color_depth, image.exr_codec = "OPEN_EXR_MULTILAYER", "32", "NONE"
        render.filepath = str(self._folder / f"{scene.name}.exr")
        cycles.device, cycles.use_adaptive_sampling = "CPU", False

    def _set_light(self) -> None:
        cycles = self._light.cycles
        cycles.samples = self._settings.samples
        cycles.use_denoising, cycles.denoiser = True, "OPENIMAGEDENOISE"
        cycles.denoising_prefilter, cycles.denoising_quality = "FAST", "FAST"
        cycles.max_bounces = cycles.diffuse_bounces = cycles.glossy_bounces = self._settings.bounces
        cycles.transmission_bounces = cycles.transparent_max_bounces = 1
        cycles.caustics_reflective = cycles.caustics_refractive = False
        cycles.sample_clamp_indirect, cycles.blur_glossy = 4.0, 1.0

    def _set_labels(self) -> None:
        """One ray through the middle of each pixel and no light."""
        cycles, layer = self._labels.cycles, self._labels.view_layers[0]
        cycles.samples, cycles.use_denoising, cycles.max_bounces = 1, False, 0
        cycles.pixel_filter_type, cycles.filter_width = "BOX", 0.01
        layer.use_pass_object_index = layer.use_pass_z = True
        flat = bpy.data.materials.new("flat")
        flat.use_nodes = True
        nodes = Nodes(flat.node_tree)
        nodes.node(
            "OutputMaterial", {0: nodes.node("BsdfDiffuse").outputs[0]}
        )  # an emitting one would make lamps of all faces
        later = nodes.node("Attribute", attribute_name=FOLLOWING)
        nodes.node("OutputAOV", {0: later.outputs["Vector"]}, aov_name=FOLLOWING)
        layer.material_override = flat
        layer.aovs.add().name = FOLLOWING

    def _render(self, scene: bpy.types.Scene) -> dict[str, NDArray[np.float32]]:
        scene.update_tag()  # else the data kept from the last render hides changed settings
        with _quiet():
            bpy.ops.render.render(write_still=True, scene=scene.name)
        with OpenEXR.File(scene.render.filepath) as file:
            return {
                name.split(".", 1)[-1]: channel.pixels.copy()
                for part in file.parts
                for name, channel in part.channels.items()
            }


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Blender prints a line for each file: the descriptor leads nowhere meanwhile."""
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
