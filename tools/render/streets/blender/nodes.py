"""Short words for building node trees."""

from __future__ import annotations

from typing import Any

import bpy

Socket = Any


class Nodes:
    """Adds nodes to an emptied tree; sockets are linked, other values set."""

    def __init__(self, tree: bpy.types.NodeTree) -> None:
        self._tree = tree
        tree.nodes.clear()

    def node(self, kind: str, inputs: dict[Any, Any] | None = None, **settings: Any) -> Any:
        """A shader node of a kind, its inputs by name or number."""
        made = self._tree.nodes.new("ShaderNode" + kind)
        for name, value in settings.items():
            setattr(made, name, value)
        for key, value in (inputs or {}).items():
            if isinstance(value, bpy.types.NodeSocket):
                self._tree.links.new(value, made.inputs[key])
            else:
                made.inputs[key].default_value = value
        return made

    def math(self, operation: str, a: Socket, b: Socket = 0.0) -> Socket:
        """A calculation with two numbers."""
        return self.node("Math", {0: a, 1: b}, operation=operation).outputs[0]

    def noise(self, at: Socket, scale: float, detail: float = 2.0) -> Socket:
        """A smooth random value around 0.5."""
        return self.node("TexNoise", {"Vector": at, "Scale": scale, "Detail": detail}).outputs[0]

    def ramp(self, value: Socket, low: Socket, high: Socket, to_low: float, to_high: float) -> Socket:
        """A value brought from one range to another, and kept in it."""
        return self.node("MapRange", {0: value, 1: low, 2: high, 3: to_low, 4: to_high}).outputs[0]

    def scaled(self, color: Socket, factor: Socket) -> Socket:
        """A colour times a number."""
        return self.node("VectorMath", {0: color, "Scale": factor}, operation="SCALE").outputs[0]

    def times(self, a: Socket, b: Socket) -> Socket:
        """A colour times a colour."""
        return self.node("VectorMath", {0: a, 1: b}, operation="MULTIPLY").outputs[0]

    def mix(self, share: Socket, a: Socket, b: Socket) -> Socket:
        """From colour a to colour b."""
        return self.node("Mix", {0: share, 6: a, 7: b}, data_type="RGBA").outputs[2]

    def coated(self, color: Socket, share: Socket, roughness: float) -> Socket:
        """A matt colour under a mirror: far cheaper than the Principled shader."""
        matt, mirror = self.node("BsdfDiffuse", {0: color}), self.node("BsdfGlossy", {"Roughness": roughness})
        return self.node("MixShader", {0: share, 1: matt.outputs[0], 2: mirror.outputs[0]}).outputs[0]

    def grazing(self, strength: float, base: float) -> Socket:
        """A mirror's share that grows towards flat angles, the same on both sides of a face."""
        facing = self.node("LayerWeight", {"Blend": 0.5}).outputs["Facing"]
        return self.math("ADD", self.math("MULTIPLY", self.math("POWER", facing, 4.0), strength), base)
