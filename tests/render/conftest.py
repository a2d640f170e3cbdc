"""The generator's folder is on the path: what of it is plain numpy is tested here with the toolchain's own Python."""

import sys
from pathlib import Path

RENDER = Path(__file__).resolve().parents[2] / "tools" / "render"
sys.path.insert(0, str(RENDER))
