import os
import sys
from pathlib import Path

import torch

os.environ.setdefault("OMP_NUM_THREADS", "1")  # for the commands that tests start
sys.path.insert(0, str(Path(__file__).parent))  # for reference_weights: test folders are no packages

torch.set_num_threads(1)  # two workers on two cores: more threads than that only wait for each other
