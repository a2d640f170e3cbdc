"""Block letters drawn for this project, and made-up names to write with them."""

from __future__ import annotations

import numpy as np

from ..shapes.mesh import Color, Shape
from ..shapes.solids import boxes, grid_rows

# Five rows of three cells for each character.
_GLYPHS = {
    "A": "###|#.#|###|#.#|#.#", "B": "##.|#.#|##.|#.#|##.", "C": "###|#..|#..|#..|###", "D": "##.|#.#|#.#|#.#|##.",
    "E": "###|#..|##.|#..|###", "F": "###|#..|##.|#..|#..", "G": "###|#..|#.#|#.#|###", "H": "#.#|#.#|###|#.#|#.#",
    "I": "###|.#.|.#.|.#.|###", "K": "#.#|#.#|##.|#.#|#.#", "L": "#..|#..|#..|#..|###", "M": "#.#|###|###|#.#|#.#",
    "N": "##.|#.#|#.#|#.#|#.#", "O": "###|#.#|#.#|#.#|###", "P": "###|#.#|###|#..|#..", "R": "###|#.#|##.|#.#|#.#",
    "S": "###|#..|###|..#|###", "T": "###|.#.|.#.|.#.|.#.", "U": "#.#|#.#|#.#|#.#|###", "V": "#.#|#.#|#.#|#.#|.#.",
    "0": "###|#.#|#.#|#.#|###", "2": "###|..#|###|#..|###", "3": "###|..#|.##|..#|###", "4": "#.#|#.#|###|..#|..#",
    "5": "###|#..|###|..#|###", "6": "###|#..|###|#.#|###", "7": "###|..#|..#|.#.|.#.", "8": "###|#.#|###|#.#|###",
}  # fmt: skip
_STARTS = ("BA", "CO", "DE", "FLO", "GRA", "HO", "LU", "MA", "NO", "PE", "RI", "SA", "TE", "VE", "KI", "BRO")
_MIDDLES = ("LA", "RO", "NI", "TE", "MO", "DI", "RA", "")
_ENDS = ("S", "NA", "RT", "LLO", "N", "TTI", "RE", "K", "SON", "MER")
_TRADES = ("", "", "BAKER", "FLORIST", "BOOKS", "CAFE", "HOTEL", "BANK", "SHOES", "PRINT", "FRUIT", "TEA ROOM")


def made_up_name(rng: np.random.Generator) -> str:
    """A name for a shop, from syllables."""
    parts = [str(rng.choice(choices)) for choices in (_STARTS, _MIDDLES, _ENDS)]
    trade = str(rng.choice(_TRADES))
    return "".join(parts) + (f" {trade}" if trade else "")


def width_of(text: str, height: float) -> float:
    """How long a line of letters of that height is, in metres."""
    return len(text) * height * 0.8 - height * 0.2


def write(
    shape: Shape, text: str, x: float, y: float, z: float, height: float, material: str, color: Color, along: str = "x",
    depth: float = 0.03,
) -> Shape:  # fmt: skip
    """Letters around the middle of a line: along x read from -y, or (``along`` "-y") read from -x, as plates are."""
    cell = height / 5
    start = -width_of(text, height) / 2
    places, lengths = [], []
    for n, character in enumerate(text):
        for row, cells in enumerate(_GLYPHS.get(character, "").split("|")):
            for first, last in _runs(cells):
                places.append((start + n * 4 * cell + (first + last + 1) / 2 * cell, height / 2 - (row + 0.5) * cell))
                lengths.append((last - first + 1) * cell)
    if not places:
        return shape
    across, up = np.array(places).T
    if along == "x":
        centers, sizes = grid_rows(x + across, y, z + up), grid_rows(np.array(lengths), depth, cell * 1.02)
    else:
        centers, sizes = (
            grid_rows(x, y - across, z + up),
            grid_rows(np.full(len(across), depth), np.array(lengths), cell * 1.02),
        )
    return boxes(shape, centers, sizes, material, color)


def _runs(cells: str) -> list[tuple[int, int]]:
    """First and last cell of each unbroken run of ink."""
    runs: list[tuple[int, int]] = []
    for n, cell in enumerate(cells):
        if cell == "#":
            runs[-1:] = [(runs[-1][0], n)] if runs and runs[-1][1] == n - 1 else [*runs[-1:], (n, n)]
    return runs
