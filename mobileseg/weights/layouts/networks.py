"""The networks of one kind that a set of keys holds: each under its prefix, with what lies beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from mobileseg.models.registry import FAMILY_KEYS
from mobileseg.models.spec import ModelSpec
from mobileseg.weights.layouts.deeplab2 import from_deeplab2
from mobileseg.weights.layouts.translations import translation_of
from mobileseg.weights.layouts.wrappers import unwrapped

BACKBONE = "backbone."
OUTER = ("model.", "net.", "network.")  # what training loops call the network that they hold
CLASSIFIERS = (
    "head.fc",
    "cls_head.fc",
    "head",
    "classifier",
    "fc",
    "linear",
)  # a classification file's last layer, in every project
Tensors = Mapping[str, Tensor]


@dataclass(frozen=True)
class Network:
    """``tensors``: under the keys of the model. ``names``: what the file calls them. ``beside``: the file's keys outside the prefix.
    ``project``: whose names they are, None for the authors'. ``parts``: how many it has of a backbone and the layer that gives the
    classes."""

    prefix: str
    tensors: Tensors
    names: Mapping[str, str]
    beside: tuple[str, ...]
    project: str | None
    parts: int


@dataclass(frozen=True)
class Keys:
    """The tensors of an entry without wrappers, under the authors' names. ``names``: what the file calls each of them; ``unused``: keys
    of the file that no network uses."""

    tensors: Tensors
    names: Mapping[str, str]
    unused: tuple[str, ...]
    project: str | None


def authors_keys(tensors: Tensors) -> Keys:
    """The tensors under the names that the authors of the network gave them."""
    if any("/" in key for key in tensors):
        found = from_deeplab2(tensors)
        return Keys(found, {key: key for key in found}, (), None)
    names = unwrapped(tensors)
    project = translation_of(dict.fromkeys(names.values()))
    if project is None:
        return Keys(
            {names[key]: value for key, value in tensors.items()}, {names[key]: key for key in tensors}, (), None
        )
    ours = {key: project.key(name) for key, name in names.items()}
    return Keys(
        {ours_: tensors[key] for key, ours_ in ours.items() if ours_ is not None},
        {ours_: key for key, ours_ in ours.items() if ours_ is not None},
        tuple(key for key, ours_ in ours.items() if ours_ is None),
        project.title,
    )


def networks_in(tensors: Tensors, spec: ModelSpec) -> list[Network]:
    """The networks of the kind of ``spec`` among the tensors of an entry. One that is not ours is the whole entry, under its own keys."""
    if spec.card is None:
        return find_networks(authors_keys(tensors), spec)
    names = unwrapped(tensors)
    prefix = next((one for one in OUTER if names and all(name.startswith(one) for name in names.values())), "")
    own = {name.removeprefix(prefix): key for key, name in names.items()}
    return [Network(prefix, {name: tensors[key] for name, key in own.items()}, own, (), None, 2)]


def find_networks(keys: Keys, spec: ModelSpec) -> list[Network]:
    """Every network of the kind of ``spec``, whatever its size; where there is none, all keys as they would be in it."""
    places = list(dict.fromkeys(_places(keys.tensors, spec)))
    found = []
    for prefix, backbone in places:
        deeper = tuple(other for other, _ in places if other != prefix and other.startswith(prefix))
        found.append(_network(keys, spec, prefix, backbone, deeper))
    return found or [_network(keys, spec, "", None)]


def _places(tensors: Tensors, spec: ModelSpec) -> Iterator[tuple[str, str | None]]:
    """The prefix of each network, and what its backbone is called below it (None: it has no name of its own)."""
    heads = _before(tensors, spec.classifier_key) if spec.task != "classification" else []
    trunks = _before(tensors, FAMILY_KEYS[spec.family])
    for trunk in trunks:
        if spec.task == "classification":
            yield trunk, None
        elif trunk == BACKBONE or trunk.endswith(f".{BACKBONE}"):
            yield trunk.removesuffix(BACKBONE), BACKBONE
        else:
            parents = [head for head in heads if trunk.startswith(head) and trunk[len(head) :].count(".") == 1]
            yield (parents[0], trunk[len(parents[0]) :]) if parents else (trunk, None)
    if not trunks:
        yield from ((head, BACKBONE) for head in heads)


def _before(tensors: Tensors, key: str) -> list[str]:
    """What stands before ``key`` in the keys that end with it."""
    return [one.removesuffix(key) for one in tensors if one == key or one.endswith(f".{key}")]


def _network(keys: Keys, spec: ModelSpec, prefix: str, backbone: str | None, others: tuple[str, ...] = ()) -> Network:
    """``others``: prefixes of other networks, deeper down."""
    inside = {
        key.removeprefix(prefix): key for key in keys.tensors if key.startswith(prefix) and not key.startswith(others)
    }
    if spec.task == "classification":
        names = _classifier(inside, keys, spec, prefix)
    elif backbone is None:
        own = spec.head_prefixes + spec.auxiliary_prefixes
        names = {key if key.startswith((BACKBONE, *own)) else f"{BACKBONE}{key}": name for key, name in inside.items()}
    else:
        names = {
            f"{BACKBONE}{key.removeprefix(backbone)}" if key.startswith(backbone) else key: name
            for key, name in inside.items()
        }
    used = set(names.values())
    beside = tuple(keys.names[key] for key in keys.tensors if key not in used)
    tensors = {key: keys.tensors[name] for key, name in names.items()}
    theirs = {key: keys.names[name] for key, name in names.items()}
    trunk = FAMILY_KEYS[spec.family]
    parts = [trunk in tensors or f"{BACKBONE}{trunk}" in tensors, spec.classifier_key in tensors]
    return Network(prefix, tensors, theirs, (*beside, *keys.unused), keys.project, sum(parts))


def _classifier(inside: Mapping[str, str], keys: Keys, spec: ModelSpec, prefix: str) -> dict[str, str]:
    """A classifier's keys: its backbone has no name here, and its last layer may have another, beside or above the backbone."""
    names = {key.removeprefix(BACKBONE): name for key, name in inside.items()}
    last = spec.classifier_key.rpartition(".")[0]
    if spec.classifier_key in names:
        return names
    above = prefix.removesuffix(BACKBONE) if prefix.endswith(BACKBONE) else prefix
    for place in dict.fromkeys((prefix, above)):
        for layer in CLASSIFIERS:
            if f"{place}{layer}.weight" in keys.tensors:
                for part in ("weight", "bias"):
                    names.pop(f"{layer}.{part}", None)
                    if (name := f"{place}{layer}.{part}") in keys.tensors:
                        names[f"{last}.{part}"] = name
                return names
    return names
