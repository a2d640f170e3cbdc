"""What the Android app's live view measured, as it shares it: times, agreement and flicker over the frames of a camera or a video."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from mobileseg.document import Document, Part
from mobileseg.latency.conditions.sensors import Properties, Sensors

SCHEMA_VERSION: Final = 1


class Frames(Part):
    """Where the frames came from. ``name``: of a video file."""

    kind: Literal["camera", "video"]
    name: str | None


class Times(Part):
    """One stage of the last 100 frames, in ms; None: not measured."""

    median_ms: float | None
    p90_ms: float | None


class Share(Part):
    """A share of the pixels, 0..1: the mean over all ``count`` frames and the median of the last 100; None: not measured."""

    mean: float | None = Field(ge=0, le=1)
    median: float | None = Field(ge=0, le=1)
    count: int = Field(ge=0)

    @model_validator(mode="after")
    def _figures_have_frames(self) -> Self:
        if (self.count == 0) != (self.mean is None):
            raise ValueError(f"mean {self.mean} of {self.count} frames")
        return self


class LiveModel(Part):
    """One of the models. ``flips``: pixels whose class changes from one frame to the next; ``prepare``: colours and resizing;
    ``infer``: the runtime's call; ``classify``: class map. The rest is as in ``results.result.Series``."""

    file: str
    sha256: str
    model: str
    target: str
    precision: str
    size: tuple[int, int]
    emit: str
    note: str | None
    runtime: str
    flips: Share
    prepare: Times
    infer: Times
    classify: Times


class Live(Document):
    """The live view's figures. ``app``: its version; ``agreement``: of the two models, None with one; ``thermal_headroom``: Android's
    forecast for 10 s, as a share of what throttles severely."""

    schema_version: Literal[1] = SCHEMA_VERSION
    created: datetime
    live: Frames
    app: str
    threads: int
    properties: Properties
    sensors: Sensors
    thermal_headroom: float | None
    frames_per_second: float | None
    agreement: Share | None
    models: tuple[LiveModel, ...] = Field(min_length=1, max_length=2)
