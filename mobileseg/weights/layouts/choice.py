"""Which of the networks in a file is meant: the one with all its parts, averaged where there is a choice, or the caller's choice."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from mobileseg.errors import CheckpointError
from mobileseg.models.spec import ModelSpec
from mobileseg.weights.layouts.networks import Network, networks_in
from mobileseg.weights.layouts.training_only import is_training_only
from mobileseg.weights.reading.checkpoint import Checkpoint
from mobileseg.weights.reading.entries import Entry, is_averaged

PREFIXES = ("", "model.", "net.", "network.", "student.", "online.")  # the likeliest first; all others are alike


@dataclass(frozen=True)
class Choice:
    """A network and the entry of the file that it is in. ``averaged``: its weights are running averages. ``note``: what else there
    was to choose from, in words; empty where there was nothing."""

    entry: Entry
    network: Network
    averaged: bool
    note: str = ""

    @property
    def place(self) -> str:
        """Where it is in the file, in words."""
        words = [f"entry {self.entry.name!r}"] if self.entry.name else []
        words += [f"prefix {self.network.prefix!r}"] if self.network.prefix else []
        swapped = self.averaged and not is_averaged(self.entry.name) and not is_averaged(self.network.prefix)
        return (", ".join(words) or "the top level") + (", where its trainer stores the averages" if swapped else "")

    @property
    def rank(self) -> tuple[int, int]:
        """The likelier the one that is meant, the lower."""
        prefix = self.network.prefix
        return self.entry.rank, PREFIXES.index(prefix) if prefix in PREFIXES else len(PREFIXES)


def choose(
    checkpoint: Checkpoint, spec: ModelSpec, ema: bool | None, entry: str | None = None, option: str = "ema"
) -> Choice:
    """The network of ``spec`` in a file, its averaged weights where there are both. ``ema``: True for the averaged ones, False for
    the plain ones, None for no wish. ``entry``: look in this entry alone, where the file has it. ``option``: what messages call the
    choice, without its dashes.

    Raises ``CheckpointError`` where the file has not what ``ema`` asks for, or several networks and nothing tells which is meant.
    """
    found = [
        Choice(one, network, one.averaged or is_averaged(network.prefix))
        for one in [one for one in checkpoint.entries if one.name == entry] or checkpoint.entries
        for network in networks_in(one.tensors, spec)
    ]
    most = max(one.network.parts for one in found)
    best = sorted((one for one in found if one.network.parts == most), key=lambda one: one.rank)
    averaged, plain = [one for one in best if one.averaged], [one for one in best if not one.averaged]
    foreign = bool(averaged and plain) and not _is_average_of(averaged[0].network, plain[0].network)
    wanted = averaged if ema or (ema is None and averaged and not foreign) else plain
    if not wanted:
        raise CheckpointError(
            expected=f"{'averaged' if ema else 'plain'} weights, as --{option if ema else f'no-{option}'} asks",
            found=f"only {'plain' if ema else 'averaged'} ones in {checkpoint.path.name} ({best[0].place})",
            fix="leave the option out",
        )
    first = wanted[0]
    _check_alone(checkpoint, first, wanted[1:])
    other = (plain if first.averaged else averaged)[:1]
    if not other:
        return first
    kinds = ("averaged", "plain") if first.averaged else ("plain", "averaged")
    switch = f"--no-{option}" if first.averaged else f"--{option}"
    both = f"{kinds[0]} weights ({first.place}) and {kinds[1]} ones ({other[0].place})"
    why = ", for the averaged ones are not all of the same network" if foreign and ema is None else ""
    note = f"{both}: took the {kinds[0]} ones{why}; {switch} takes the others"
    return Choice(first.entry, first.network, first.averaged, note)


def _check_alone(checkpoint: Checkpoint, first: Choice, others: list[Choice]) -> None:
    """Raise ``CheckpointError`` where another network is as likely meant and has other numbers."""
    rivals = [one for one in others if one.rank == first.rank and not _same(one.network, first.network)]
    if rivals and first.network.parts:
        raise CheckpointError(
            expected="one network in the file",
            found=f"{1 + len(rivals)} in {checkpoint.path.name}: {'; '.join(one.place for one in (first, *rivals)[:4])}",
            fix="save the one that you mean: torch.save(model.state_dict(), 'weights.pth')",
        )


def _is_average_of(averaged: Network, plain: Network) -> bool:
    """Whether the one has every tensor of the other, in its shape. A teacher may be a larger network, and some trainers average the
    parameters alone."""
    tops = frozenset(key.partition(".")[0] for key in averaged.tensors)
    needed = [key for key in plain.tensors if not is_training_only(key, tops)]
    return all(key in averaged.tensors and averaged.tensors[key].shape == plain.tensors[key].shape for key in needed)


def _same(one: Network, other: Network) -> bool:
    return one.tensors.keys() == other.tensors.keys() and all(
        torch.equal(value, other.tensors[key]) for key, value in one.tensors.items()
    )
