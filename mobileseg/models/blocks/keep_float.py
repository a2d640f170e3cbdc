"""The reason, on the module itself, for computing it in float when the rest of the network is int8.

A module of a deploy model whose operators must stay float in an int8 file carries the class attribute ``keep_float``::

    class ChannelNorm(nn.Module):
        keep_float: ClassVar[str] = "LayerNorm stays float: ..."

The quantizer leaves every operator inside such a module float, and the manifest quotes the reason. Subclasses inherit it.
"""

from __future__ import annotations

from torch import nn

from mobileseg.errors import RequestError

ATTRIBUTE = "keep_float"


def float_reasons(model: nn.Module) -> dict[str, str]:
    """The reason for each module of ``model`` that carries ``keep_float``, by its path as in ``named_modules``.

    A module that is reachable on several paths is listed under each. Raises ``RequestError`` where the attribute is not a
    non-empty string.
    """
    reasons: dict[str, str] = {}
    for path, module in model.named_modules(remove_duplicate=False):
        reason = getattr(module, ATTRIBUTE, None)
        if reason is None:
            continue
        if not isinstance(reason, str) or not reason:
            raise RequestError(
                expected=f"{type(module).__name__}.{ATTRIBUTE} to be the reason for staying float, as text",
                found=repr(reason),
                fix=f'write the reason: {ATTRIBUTE}: ClassVar[str] = "..."',
            )
        reasons[path] = reason
    return reasons
