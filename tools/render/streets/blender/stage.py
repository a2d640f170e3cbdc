"""Meshes and objects of the Blender file."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import bpy
import numpy as np
from mathutils import Matrix

from ..labels import pack
from ..plan.movers import transform
from ..plan.street import Thing
from ..shapes.mesh import MATERIALS, Floats, Shape
from .materials import COLOR, SURFACE

FOLLOWING = "Following"  # where a corner of a walker is a frame later


class Stage:
    """Keeps one mesh for each key. ``shape`` gives the shape of a key, ``following`` the places of its corners a frame later."""

    def __init__(
        self, collection: bpy.types.Collection, shape: Callable[[str], Shape], following: Callable[[str], Floats | None]
    ) -> None:
        self._collection, self._shape, self._following = collection, shape, following
        self._meshes: dict[str, bpy.types.Mesh] = {}

    def add(self, thing: Thing, own: dict[str, Shape] | None = None) -> bpy.types.Object:
        """A new object; shapes of the scene itself are looked up in ``own`` first."""
        item = bpy.data.objects.new(thing.key, self._mesh(thing.key, own or {}))
        item.pass_index = pack(thing.label, thing.instance)
        item.color = (*thing.color, 1)
        self._collection.objects.link(item)
        self.move(item, thing)
        return item

    def move(self, item: bpy.types.Object, thing: Thing) -> None:
        """Bring an object to where the thing is now, in the shape that it has now."""
        data = self._mesh(thing.key, {})
        if item.data is not data:
            item.data = data
        item.matrix_world = Matrix(transform(thing).tolist())

    def remove(self, items: Iterable[bpy.types.Object]) -> None:
        """Take objects away; their meshes stay."""
        for item in items:
            bpy.data.objects.remove(item)

    def forget(self, keys: Iterable[str]) -> None:
        """Free the meshes of a scene."""
        for key in keys:
            data = self._meshes.pop(key, None)
            if data is not None:
                bpy.data.meshes.remove(data)

    def _mesh(self, key: str, own: dict[str, Shape]) -> bpy.types.Mesh:
        if key not in self._meshes:
            shape = own[key] if key in own else self._shape(key)
            self._meshes[key] = _fill(key, shape, self._following(key) if key not in own else None)
        return self._meshes[key]


def _fill(name: str, shape: Shape, following: Floats | None) -> bpy.types.Mesh:
    arrays, mesh = shape.arrays(), bpy.data.meshes.new(name)
    mesh.vertices.add(len(arrays.vertices))
    mesh.vertices.foreach_set("co", arrays.vertices.astype(np.float32).ravel())
    mesh.loops.add(len(arrays.corners))
    mesh.loops.foreach_set("vertex_index", arrays.corners)
    mesh.polygons.add(len(arrays.totals))
    mesh.polygons.foreach_set("loop_start", (np.cumsum(arrays.totals) - arrays.totals).astype(np.int32))
    used = np.unique(arrays.materials)
    for material in used:
        mesh.materials.append(bpy.data.materials[MATERIALS[material]])
    mesh.polygons.foreach_set("material_index", np.searchsorted(used, arrays.materials).astype(np.int32))
    mesh.polygons.foreach_set("use_smooth", arrays.smooth)
    colors = mesh.attributes.new(COLOR, "FLOAT_COLOR", "FACE")
    colors.data.foreach_set("color", arrays.colors.astype(np.float32).ravel())
    surface = mesh.uv_layers.new(name=SURFACE)
    surface.data.foreach_set("uv", arrays.uv.astype(np.float32).ravel())
    if following is not None:
        later = mesh.attributes.new(FOLLOWING, "FLOAT_VECTOR", "POINT")
        later.data.foreach_set("vector", following.astype(np.float32).ravel())
    mesh.update()
    return mesh
