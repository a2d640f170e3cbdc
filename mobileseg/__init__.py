"""mobileseg: segmentation networks from their authors' checkpoints to verified files on phones.

``import mobileseg`` is cheap: torch is imported when a model is made. ``mobileseg.export`` exports and compares,
``mobileseg.latency`` measures.
"""

from mobileseg.errors import MobilesegError
from mobileseg.interface.doctor import doctor
from mobileseg.interface.evaluating import evaluate
from mobileseg.interface.finetuning import finetune
from mobileseg.interface.info import ModelInfo, model_info
from mobileseg.interface.models import create_model, deploy, list_models, load_weights
from mobileseg.interface.predicting import predict
from mobileseg.models.lookup import register_model

__version__ = "0.1.0"
__all__ = [
    "MobilesegError",
    "ModelInfo",
    "create_model",
    "deploy",
    "doctor",
    "evaluate",
    "finetune",
    "list_models",
    "load_weights",
    "model_info",
    "predict",
    "register_model",
]
