"""Modules that can be called: ``mobileseg.latency.devices()`` is a function, and ``mobileseg.latency.devices.host`` a module."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any


def make_callable(module: str, function: Callable[..., Any]) -> None:
    """Calling the module named ``module`` calls ``function``, whose signature and docstring it shows."""

    class CallableModule(ModuleType):
        __call__ = staticmethod(function)
        __doc__ = function.__doc__
        __wrapped__ = staticmethod(function)

    sys.modules[module].__class__ = CallableModule
