"""Sky and sun, turned to a weather."""

from __future__ import annotations

import math

import bpy

from ..plan.weather import Weather
from .nodes import Nodes


class Sky:
    """A world with two colours, clouds between them, and a sun lamp."""

    def __init__(self, scene: bpy.types.Scene) -> None:
        world = bpy.data.worlds.new("sky")
        scene.world = world
        world.use_nodes = True
        world.cycles.sampling_method = "NONE"  # an even sky needs no rays of its own: a quarter less time
        self._build(Nodes(world.node_tree))
        self._knobs = world.node_tree.nodes
        self._sun = bpy.data.objects.new("sun", bpy.data.lights.new("sun", "SUN"))
        scene.collection.objects.link(self._sun)

    def _build(self, nodes: Nodes) -> None:
        direction = nodes.node("TexCoord").outputs["Generated"]
        axis = nodes.node("SeparateXYZ", {0: direction})
        up = nodes.math("MAXIMUM", axis.outputs[2], 0.0)
        horizon, zenith, cloud, cover = (nodes.node(kind) for kind in ("RGB", "RGB", "RGB", "Value"))
        for node, name in ((horizon, "horizon"), (zenith, "zenith"), (cloud, "cloud"), (cover, "cover")):
            node.name = name
        blue = nodes.mix(nodes.math("POWER", up, 0.45), horizon.outputs[0], zenith.outputs[0])
        high = nodes.math("ADD", up, 0.10)
        flat = nodes.node(
            "CombineXYZ",
            {0: nodes.math("DIVIDE", axis.outputs[0], high), 1: nodes.math("DIVIDE", axis.outputs[1], high)},
        )
        drift = nodes.node("VectorMath", {0: flat.outputs[0]}, operation="ADD")
        drift.name = "drift"
        edge = nodes.math("SUBTRACT", 0.80, nodes.math("MULTIPLY", cover.outputs[0], 0.62))
        puffs = nodes.noise(drift.outputs[0], 0.8, 6)
        mask = nodes.ramp(puffs, edge, nodes.math("ADD", edge, 0.20), 0.0, 1.0)
        shade = nodes.ramp(nodes.noise(drift.outputs[0], 1.5, 5), 0.25, 0.75, 0.62, 1.15)
        clouds = nodes.scaled(cloud.outputs[0], shade)
        seen = nodes.node("Background", {0: nodes.mix(mask, blue, clouds)})
        lit = nodes.node("Background", {0: nodes.mix(cover.outputs[0], blue, cloud.outputs[0])})
        ray = nodes.node("LightPath")
        direct = nodes.math("MAXIMUM", ray.outputs["Is Camera Ray"], ray.outputs["Is Glossy Ray"])
        # Clouds only where they are seen: light that falls on things needs no noise textures.
        nodes.node(
            "OutputWorld", {0: nodes.node("MixShader", {0: direct, 1: lit.outputs[0], 2: seen.outputs[0]}).outputs[0]}
        )

    def show(self, weather: Weather) -> None:
        """Turn the sky and the sun to a weather."""
        for name in ("horizon", "zenith", "cloud"):
            self._knobs[name].outputs[0].default_value = (*getattr(weather, name), 1)
        self._knobs["cover"].outputs[0].default_value = weather.cover
        self._knobs["drift"].inputs[1].default_value = (*weather.drift, 0.0)
        light = self._sun.data
        strength = max(weather.sun)
        light.energy = strength
        light.color = tuple(part / strength for part in weather.sun) if strength else (1, 1, 1)
        light.angle = weather.sun_size
        self._sun.rotation_euler = (math.pi / 2 - weather.elevation, 0.0, weather.azimuth)
