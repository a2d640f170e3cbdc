"""SVG charts written by hand, so that colours follow the page's theme and every mark has a tooltip with its value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree as Xml

WIDTH = 860.0
COLORS = 12  # CSS classes c0 .. c11, repeated after that
LINE = 14.0  # height in pixels of a label
CHARACTER = 6.6  # estimated width in pixels of a letter in the charts' font


@dataclass(frozen=True)
class Scale:
    """Maps values to pixels: ``low`` to ``begin`` and ``high`` to ``end``, linearly or logarithmically."""

    low: float
    high: float
    begin: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high, at = (math.log10(v) if self.log else v for v in (self.low, self.high, value))
        return self.begin + (at - low) / (high - low) * (self.end - self.begin)

    def ticks(self, about: int = 6) -> list[float]:
        """Round values within the scale: steps of 1, 2 or 5 times a power of ten; on a logarithmic scale those values themselves."""
        if self.log:
            decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            return [v for d in decades for v in (10.0**d, 2 * 10.0**d, 5 * 10.0**d) if self.low <= v <= self.high]
        step = _round_step((self.high - self.low) / about)
        first = math.ceil(self.low / step - 1e-9)
        return [step * i for i in range(first, math.floor(self.high / step + 1e-9) + 1)]


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * nice for nice in (1, 2, 5, 10) if power * nice >= rough * (1 - 1e-9))


def scale_of(values: Sequence[float], begin: float, end: float, zero: bool = False, log: bool = False) -> Scale:
    """A scale with a margin around the values; ``zero``: starts at 0. ``log`` is ignored for values <= 0 or within one decade."""
    low, high = min(values), max(values)
    if log and low > 0 and high / low > 10:
        return Scale(low / 1.3, high * 1.3, begin, end, log=True)
    margin = (high - low) * 0.08 or abs(high) * 0.08 or 1.0
    return Scale(0.0 if zero else low - margin, high + margin, begin, end)


def tick_text(value: float) -> str:
    """The label of a tick; millions are abbreviated as M."""
    return f"{value / 1e6:g} M" if abs(value) >= 1e6 else f"{value:.6g}"


@dataclass
class Chart:
    """An SVG image. ``title``: its text alternative; coordinates are pixels from the top left."""

    title: str
    height: float
    width: float = WIDTH
    root: Xml.Element = field(init=False)

    def __post_init__(self) -> None:
        box = f"0 0 {self.width:g} {self.height:g}"
        self.root = Xml.Element("svg", {"viewBox": box, "role": "img", "aria-label": self.title, "class": "chart"})

    def add(self, tag: str, style: str, text: str | None = None, tip: str | None = None, **attributes: object) -> None:
        """Add an element. ``style``: its CSS class; ``tip``: its tooltip; ``attributes``: SVG attributes, ``_`` becomes ``-``."""
        given = {
            name.replace("_", "-"): f"{v:.2f}" if isinstance(v, float) else str(v) for name, v in attributes.items()
        }
        element = Xml.SubElement(self.root, tag, {"class": style, **given})
        element.text = text
        if tip is not None:
            element.set("data-tip", tip)

    def text(self, x: float, y: float, text: str, style: str = "label", anchor: str = "start") -> None:
        """Add a line of text with its baseline at ``y``."""
        self.add("text", style, text, x=float(x), y=float(y), text_anchor=anchor)

    def x_axis(self, scale: Scale, top: float, bottom: float, title: str) -> None:
        """Add a horizontal axis at the bottom, with grid lines."""
        for tick in scale.ticks():
            x = scale(tick)
            self.add("line", "grid", x1=x, x2=x, y1=float(top), y2=float(bottom))
            self.text(x, bottom + 16, tick_text(tick), "tick", "middle")
        self.text((scale.begin + scale.end) / 2, bottom + 36, title, "axis", "middle")

    def y_axis(self, scale: Scale, left: float, right: float, title: str) -> None:
        """Add a vertical axis at the left, with grid lines."""
        for tick in scale.ticks(5):
            y = scale(tick)
            self.add("line", "grid", x1=float(left), x2=float(right), y1=y, y2=y)
            self.text(left - 8, y + 4, tick_text(tick), "tick", "end")
        middle = (scale.begin + scale.end) / 2
        self.add(
            "text", "axis", title, x=16.0, y=middle, text_anchor="middle", transform=f"rotate(-90 16 {middle:.1f})"
        )

    def markup(self) -> str:
        """The SVG element as text, escaped."""
        return Xml.tostring(self.root, encoding="unicode")


def color(index: int) -> str:
    """The CSS class of a series."""
    return f"c{index % COLORS}"


def shorten(text: str, width: float) -> str:
    """``text`` shortened to ``width`` pixels; keeps the end, where names differ."""
    most = int(width / CHARACTER)
    return text if len(text) <= most else f"…{text[-most + 1 :]}"


def place_labels(spots: Sequence[tuple[float, float]], labels: Sequence[str]) -> list[float]:
    """Baselines for labels to the right of points ``(x, y)``, moved down where labels would overlap."""
    placed: dict[int, float] = {}
    for index in sorted(range(len(spots)), key=lambda i: spots[i][1]):
        y = spots[index][1]
        for baseline in sorted(placed[other] for other in placed if _overlap(index, other, spots, labels)):
            if abs(y - baseline) < LINE:
                y = baseline + LINE
        placed[index] = y
    return [placed[i] for i in range(len(spots))]


def _overlap(one: int, other: int, spots: Sequence[tuple[float, float]], labels: Sequence[str]) -> bool:
    """Whether two labels overlap horizontally."""
    left, right = sorted((one, other), key=lambda i: spots[i][0])
    return spots[right][0] < spots[left][0] + CHARACTER * len(labels[left])
