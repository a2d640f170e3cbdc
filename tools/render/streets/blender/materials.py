"""The materials that all meshes share; each reads its colours from the faces, some multiply by the object's colour."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy

from ..shapes.mesh import MATERIALS
from .nodes import Nodes, Socket

COLOR, SURFACE = "Col", "Metres"  # names of a mesh's attributes


class _Inputs:
    """What every material may read."""

    def __init__(self, nodes: Nodes) -> None:
        face = nodes.node("Attribute", attribute_name=COLOR)
        self.color, self.gloss = face.outputs["Color"], face.outputs["Alpha"]
        self.surface = nodes.node("UVMap", uv_map=SURFACE).outputs[0]
        self.own = nodes.node("ObjectInfo").outputs["Color"]
        self.place = nodes.node("NewGeometry").outputs["Position"]


def make_materials() -> None:
    """Add every material to the file."""
    for name in MATERIALS:
        material = bpy.data.materials.new(name)
        material.use_nodes = True
        material.cycles.emission_sampling = "NONE"  # small bright faces are seen, they light nothing
        nodes = Nodes(material.node_tree)
        nodes.node("OutputMaterial", {0: _MAKERS[name](nodes, _Inputs(nodes))})


def set_wetness(wet: float) -> None:
    """Dry 0 to wet 1, for the asphalt."""
    bpy.data.materials["asphalt"].node_tree.nodes["wet"].outputs[0].default_value = wet


def _dirt(nodes: Nodes, given: _Inputs, low: float, high: float, scale: float = 0.7) -> Socket:
    return nodes.ramp(nodes.noise(given.place, scale, 3), 0.3, 0.7, low, high)


def _paint(nodes: Nodes, given: _Inputs) -> Socket:
    color = nodes.scaled(given.color, _dirt(nodes, given, 0.80, 1.08))
    return nodes.coated(color, nodes.math("MULTIPLY", given.gloss, nodes.grazing(0.8, 0.08)), 0.2)


def _tint(nodes: Nodes, given: _Inputs) -> Socket:
    return nodes.node("BsdfDiffuse", {0: nodes.times(given.color, given.own)}).outputs[0]


def _brick(nodes: Nodes, given: _Inputs) -> Socket:
    return _courses(nodes, given, (0.24, 0.08, 0.008), nodes.mix(0.5, given.color, (0.44, 0.42, 0.39, 1)))


def _slab(nodes: Nodes, given: _Inputs) -> Socket:
    return _courses(nodes, given, (0.75, 0.5, 0.014), nodes.scaled(given.color, 0.45))


def _courses(nodes: Nodes, given: _Inputs, size: tuple[float, float, float], joint: Socket) -> Socket:
    width, height, gap = size
    texture = nodes.node(
        "TexBrick",
        {
            "Vector": given.surface, "Color1": nodes.scaled(given.color, 0.86), "Color2": nodes.scaled(given.color, 1.1), "Mortar": joint,
            "Scale": 1.0, "Mortar Size": gap, "Brick Width": width, "Row Height": height,
        },
    )  # fmt: skip
    return nodes.node(
        "BsdfDiffuse", {0: nodes.scaled(texture.outputs[0], _dirt(nodes, given, 0.72, 1.12, 0.6))}
    ).outputs[0]


def _asphalt(nodes: Nodes, given: _Inputs) -> Socket:
    """Stains, grain and cracks; wet, it is darker and has puddles."""
    wet = nodes.node("Value")
    wet.name = "wet"
    wetness = wet.outputs[0]
    grain = nodes.ramp(nodes.noise(given.place, 26.0, 2), 0.3, 0.7, 0.74, 1.26)
    seam = nodes.math("ABSOLUTE", nodes.math("SUBTRACT", nodes.noise(given.place, 0.8, 3), 0.5))
    crack = nodes.ramp(seam, 0.002, 0.007, 0.66, 1.0)
    level = nodes.math("SUBTRACT", 0.85, nodes.math("MULTIPLY", wetness, 0.30))
    pool = nodes.ramp(nodes.noise(given.place, 0.3, 3), level, nodes.math("ADD", level, 0.06), 0.0, 1.0)
    dark = nodes.math(
        "SUBTRACT", 1.0, nodes.math("MULTIPLY", nodes.math("MAXIMUM", pool, nodes.math("MULTIPLY", wetness, 0.6)), 0.5)
    )
    tone = nodes.math(
        "MULTIPLY",
        nodes.math("MULTIPLY", _dirt(nodes, given, 0.66, 1.22, 0.35), grain),
        nodes.math("MULTIPLY", dark, crack),
    )
    mirror = nodes.math(
        "MULTIPLY", nodes.grazing(0.9, 0.03), nodes.math("MAXIMUM", pool, nodes.math("MULTIPLY", wetness, 0.35))
    )
    return nodes.coated(nodes.scaled(given.color, tone), mirror, 0.07)


def _grass(nodes: Nodes, given: _Inputs) -> Socket:
    dry = nodes.ramp(nodes.noise(given.place, 0.6, 3), 0.4, 0.7, 0.0, 0.8)
    fine = nodes.ramp(nodes.noise(given.place, 14.0, 3), 0.3, 0.7, 0.6, 1.3)
    return nodes.node(
        "BsdfDiffuse", {0: nodes.scaled(nodes.mix(dry, given.color, (0.15, 0.15, 0.06, 1)), fine)}
    ).outputs[0]


def _leaf(nodes: Nodes, given: _Inputs) -> Socket:
    color = nodes.times(given.color, given.own)
    front, back = nodes.node("BsdfDiffuse", {0: color}), nodes.node("BsdfTranslucent", {0: color})
    return nodes.node("MixShader", {0: 0.3, 1: front.outputs[0], 2: back.outputs[0]}).outputs[0]


def _glass(nodes: Nodes, given: _Inputs) -> Socket:
    return nodes.coated(given.color, nodes.grazing(0.75, 0.07), 0.03)


def _carpaint(nodes: Nodes, given: _Inputs) -> Socket:
    return nodes.coated(nodes.times(given.color, given.own), nodes.grazing(0.55, 0.05), 0.09)


def _glow(nodes: Nodes, given: _Inputs) -> Socket:
    return nodes.node("Emission", {"Color": given.color, "Strength": 1.8}).outputs[0]


_MAKERS: dict[str, Callable[[Nodes, _Inputs], Any]] = {
    "paint": _paint, "tint": _tint, "brick": _brick, "slab": _slab, "asphalt": _asphalt, "grass": _grass, "leaf": _leaf,
    "glass": _glass, "carpaint": _carpaint, "glow": _glow,
}  # fmt: skip
