"""Vega-Lite and Vega as one script, without a network: the Python package of the Vega project brings them."""

from __future__ import annotations

import functools
import json
from typing import Any

from mobileseg.registry import require

PACKAGE = "vl_convert"
VERSION = "6.4"  # of Vega-Lite, of those that the package has


@functools.cache
def script() -> str:
    """JavaScript that defines ``window.vegaEmbed``, to be written between ``<script>`` tags. Raises ``MissingExtraError``."""
    require((PACKAGE,), "charts", "report")
    import vl_convert

    text = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed", VERSION)
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def data_script(value: Any) -> str:
    """JSON to be written between ``<script type="application/json">`` tags: no text in it can end the script."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
