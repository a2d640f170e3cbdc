"""``devices``: what can be measured on from here."""

from __future__ import annotations

import json

from mobileseg.cli.console import results, say
from mobileseg.cli.json_output import json_output
from mobileseg.cli.options import Force, Json


def devices(json_file: Json = None, force: Force = False) -> None:
    """List what can be measured on from here."""
    from mobileseg import latency

    output = json_output(json_file, force)
    found = latency.devices()
    if output is not None:
        output.write(json.dumps([line._asdict() for line in found], indent=1))
    from mobileseg.cli.tables import add, table
    from mobileseg.latency.devices.table import DEVICES

    made = table("device", "state", "what, or why not")
    for line in found:
        add(made, line.name, line.state, line.detail)
    results().print(made)
    for spec in DEVICES.values():
        argument = f":{spec.argument}" if spec.argument else ""
        say(f"--device {spec.name}{argument if spec.required or not argument else f'[{argument}]'}: {spec.title}")
