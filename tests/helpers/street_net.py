"""Four convolutions that tell the commonest classes of the bundled streets apart, for tests whose subject is no network of ours: a file of
them takes a tenth of the time that one of seaformer-tiny takes.

In the process of the tests it is the model ``street-net``; a command names ``street_net:StreetNet``.
"""

from __future__ import annotations

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import mobileseg
from mobileseg.data.dataset import list_labelled, samples_folder
from mobileseg.data.images import read_batch
from mobileseg.data.labels import read_labels
from mobileseg.models.card import IMAGENET

NAME, FACTORY = "street-net", "street_net:StreetNet"
CLASSES, WIDTH = 11, 24
FITTED_AT = (64, 96)


class StreetNet(nn.Module):
    """Random features and a classifier of the samples' least squares: ``(1, 3, H, W) -> (1, 11, H/4, W/4)``; the first ``classes``."""

    def __init__(self, classes: int = CLASSES, fitted: bool = True) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, WIDTH, 3, 2, 1, bias=False), nn.BatchNorm2d(WIDTH), nn.Hardswish())
        self.down = nn.Sequential(nn.Conv2d(WIDTH, WIDTH, 3, 2, 1, bias=False), nn.BatchNorm2d(WIDTH), nn.ReLU())
        self.spread = nn.Sequential(nn.Conv2d(WIDTH, WIDTH, 5, 1, 2, groups=WIDTH), nn.Hardswish())
        self.classify = nn.Conv2d(WIDTH, classes, 1)
        if fitted:
            state = _fitted()
            self.load_state_dict(state | {name: state[name][:classes] for name in ("classify.weight", "classify.bias")})

    def features(self, x: Tensor) -> Tensor:
        out: Tensor = self.spread(self.down(self.stem(x)))
        return out

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.classify(self.features(x))
        return out


class FiveClasses(StreetNet):
    """For data of five classes."""

    def __init__(self) -> None:
        super().__init__(5)


@cache
@torch.no_grad()
def _fitted() -> dict[str, Tensor]:
    images, labels = _samples()
    with torch.random.fork_rng():
        torch.manual_seed(3)
        net = StreetNet(fitted=False)
    for part in net.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.momentum = 1.0
    net.train()(images)  # the statistics of the samples
    features = net.eval().features(images).movedim(1, -1).reshape(-1, WIDTH)
    rows = torch.cat([features, torch.ones(len(features), 1)], 1).double()[labels < CLASSES]
    wanted = F.one_hot(labels[labels < CLASSES], CLASSES).double()
    solved = torch.linalg.lstsq(rows, wanted).solution.T
    net.classify.weight.copy_(solved[:, :-1, None, None])
    net.classify.bias.copy_(solved[:, -1])
    return net.state_dict()


def _samples() -> tuple[Tensor, Tensor]:
    """Normalised images, and the label at each cell of the features, in one row."""
    listed = list_labelled(samples_folder())
    mean, std = (torch.tensor(value).reshape(1, 3, 1, 1) for value in IMAGENET)
    images = torch.cat([torch.from_numpy(read_batch(item.image, *FITTED_AT)) for item in listed.items])
    labels = torch.stack([torch.from_numpy(read_labels(item, listed.classes)) for item in listed.items])
    cells = F.interpolate(labels[:, None].double(), (FITTED_AT[0] // 4, FITTED_AT[1] // 4), mode="nearest-exact")
    return (images / 255 - mean) / std, cells.long().flatten()


mobileseg.register_model(NAME, StreetNet, size=FITTED_AT)
