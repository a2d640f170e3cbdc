"""The generator's folder is on the path: what of it is plain numpy is tested here with the toolchain's own Python."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools" / "render"))
