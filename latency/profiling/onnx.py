"""Reads ONNX Runtime's profile: one event per node and run.

The runtime fuses nodes and derives the name of the fused node from one of the originals. A node belongs to the module of its
parameters; nodes without parameters (activations, resizes, quantization of activations) belong to no module.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from mobileseg.errors import RequestError
from mobileseg.latency.profiling.recording import Call, Recording

KERNEL = "_kernel_time"
ACTIVATIONS = ("Relu", "Clip")
DERIVED = r"(?:_token_\d+|_nchwc|_bias_dq|_quant|/.*)$"  # what ONNX Runtime 1.31 appends
NOTE = "ONNX Runtime's nodes after fusion; modules by the names of a node's parameters"


def calls(path: Path, model: Path, timed: int) -> Recording:
    """The last ``timed`` runs of the profile ``path``; ``model`` is the .onnx file. Raises ``RequestError`` if there are fewer runs."""
    events = json.loads(path.read_text(encoding="utf-8"))
    runs = [(float(e["ts"]), float(e["dur"])) for e in events if e.get("cat") == "Session" and e["name"] == "model_run"]
    if not 0 < timed <= len(runs):
        raise RequestError(expected=f"{timed} runs in {path.name}", found=str(len(runs)), fix="profile again")
    runs = sorted(runs)[-timed:]
    modules = modules_of(model)
    found = []
    for event in events:
        if event.get("cat") != "Node" or not event["name"].endswith(KERNEL):
            continue
        run = next((i for i, (begin, us) in enumerate(runs) if begin <= event["ts"] <= begin + us), None)
        if run is None:
            continue
        name = event["name"].removesuffix(KERNEL)
        module = module_of(name, modules)
        found.append(Call(run, event["args"]["op_name"], name, module, float(event["ts"]), float(event["dur"])))
    return Recording(found, runs, modules=bool(modules), note=NOTE)


def modules_of(model: Path) -> dict[str, str]:
    """Map names of nodes and of their outputs to the module whose parameters they use.

    The output of an activation right after such a node counts too, because the runtime fuses the two. In int8 files the weights lose
    their names, the biases keep them.
    """
    import onnx

    graph = onnx.load(str(model)).graph
    parameters = {tensor.name for tensor in graph.initializer if "." in tensor.name}
    owned: dict[str, str] = {}
    for node in graph.node:  # producers come before their consumers
        names = [name for name in node.input if name in parameters]
        if names:
            owned[node.name] = owned[node.output[0]] = names[0].rpartition(".")[0]
        elif node.op_type in ACTIVATIONS and node.input[0] in owned:
            owned[node.output[0]] = owned[node.input[0]]
    return owned


def module_of(name: str, modules: Mapping[str, str]) -> str | None:
    """The module of a node of the optimised graph, through the node that its name is derived from: ``node_conv2d_6_bias_dq`` comes
    from ``node_conv2d_6``. None if there is none."""
    while name not in modules:
        shorter = re.sub(DERIVED, "", name)
        if shorter == name:
            return None
        name = shorter
    return modules[name]
