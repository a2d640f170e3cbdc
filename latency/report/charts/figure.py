"""What every chart has in common: figures, their panels and legends, and the configuration of Vega-Lite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

Spec = dict[str, Any]
Row = dict[str, Any]

COLORS = 12  # CSS variables --c0 .. --c11; 0 is grey, for reference models
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif'
LONGEST_NAME = 34

# Colours are the page's CSS variables, so that charts follow its theme without being drawn again.
CONFIG: Spec = {
    "background": "transparent",
    "font": FONT,
    "padding": 4,
    "view": {"stroke": None},
    "legend": {"disable": True},
    "text": {"color": "var(--ink)", "fontSize": 11},
    "axis": {
        "labelColor": "var(--muted)", "titleColor": "var(--muted)", "gridColor": "var(--rule)", "domainColor": "var(--rule)",
        "tickColor": "var(--rule)", "labelFontSize": 11, "titleFontSize": 12, "titleFontWeight": "normal", "labelLimit": 320,
        "labelOverlap": "greedy", "labelSeparation": 8,
    },
}  # fmt: skip


@dataclass(frozen=True)
class Key:
    """One entry of a legend. ``color``: number of the colour, None for the text's; ``glyph``: what marks look like."""

    label: str
    color: int | None = None
    glyph: str = "■"


@dataclass(frozen=True)
class Panel:
    """One chart. ``title``: above it; ``device``: the panel is hidden where this device is filtered out."""

    spec: Spec
    title: str = ""
    device: str = ""


@dataclass(frozen=True)
class Figure:
    """Panels with one caption and one legend. ``narrow``: as many beside each other as fit."""

    panels: tuple[Panel, ...]
    caption: str
    legend: tuple[Key, ...] = ()
    narrow: bool = False


def color(index: int) -> str:
    """The CSS colour of a number."""
    return f"var(--c{index % COLORS})"


@dataclass(frozen=True)
class Rows:
    """The height of a chart with a name on each row: of its names, each with a bar for each series. The page's script takes the same when
    filters leave fewer. ``step``: pixels of a bar; ``gap``: between names."""

    dataset: str
    step: int
    gap: int = 0

    def pixels(self, rows: Sequence[Row]) -> int:
        """The height for these rows of the data set."""
        names, series = ({row.get(field) for row in rows} for field in ("name", "series"))
        return max(len(names), 1) * (max(len(series), 1) * self.step + self.gap)


def chart(
    title: str, datasets: Mapping[str, Sequence[Row]], layers: Sequence[Spec], height: int | Rows, **more: Any
) -> Spec:
    """A chart as wide as its place. ``title``: its text alternative; ``datasets``: rows by name, which the page's filters may thin
    out; ``height``: pixels, or what they follow from."""
    sized = {"height": height}
    if isinstance(height, Rows):
        sized = {"height": height.pixels(datasets[height.dataset]), "usermeta": {"rows": asdict(height)}}  # type: ignore[dict-item]
    return {
        "description": title,
        "width": "container",
        "autosize": {"type": "fit-x", "contains": "padding"},
        **sized,
        "datasets": {name: list(rows) for name, rows in datasets.items()},
        "layer": list(layers),
        **more,
    }


def plain(field: str) -> Spec:
    """A channel whose values are in the rows as they are drawn: colours, shapes, dashes."""
    return {"field": field, "type": "nominal", "scale": None}


def share(field: str) -> Spec:
    """The channel of an opacity that is in the rows."""
    return {"field": field, "type": "quantitative", "scale": None}


TIP: Spec = {"field": "tip", "type": "nominal"}


def names(limit: int = LONGEST_NAME) -> Spec:
    """The y channel of rows with a name, in the order of the rows. ``limit``: characters of a name; the end stays, where names differ."""
    shortened = f"length(datum.label) > {limit} ? '…' + slice(datum.label, -{limit - 1}) : datum.label"
    axis = {"title": None, "labelExpr": shortened, "labelColor": "var(--ink)", "ticks": False, "domain": False}
    return {"field": "name", "type": "nominal", "sort": None, "axis": {**axis, "labelPadding": 6}}


def numbers(field: str, title: str, scale: Spec | None = None, **axis: Any) -> Spec:
    """A channel of numbers with grid lines."""
    scale = {"nice": False, **(scale or {})}
    if scale.get("type") != "log":
        scale["zero"] = False
    look = {"tickCount": 6, "domain": False, "ticks": False, "labelPadding": 6}
    return {"field": field, "type": "quantitative", "scale": scale, "axis": {"title": title, **look, **axis}}


def domain(values: Sequence[float], log: bool = False) -> Spec:
    """A scale with a margin around the values. ``log`` is ignored for values that are not positive, or close to each other."""
    low, high = min(values), max(values)
    if log and low > 0 and high / low > 4:
        return {"type": "log", "domain": [low / 1.15, high * 1.15]}
    margin = (high - low) * 0.08 or abs(high) * 0.08 or 1.0
    return {"domain": [low - margin, high + margin]}
