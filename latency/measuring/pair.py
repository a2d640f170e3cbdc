"""Two files of one target against each other on this machine: what ``export --keep-float`` costs."""

from __future__ import annotations

import platform
import tempfile
from pathlib import Path

from mobileseg.data.images import Batch
from mobileseg.export.backends.contract import TimeRatio
from mobileseg.latency.devices.host import Host
from mobileseg.latency.measuring.session import Bench, Record, Setting
from mobileseg.latency.protocol import DEFAULT, PROTOCOLS
from mobileseg.latency.results import summary


def time_pair(file: Path, base: Path, batch: Batch) -> TimeRatio:
    """Time of ``file`` over that of ``base``, in turns in one runner process, by the default protocol on one thread.

    ``batch``: ``(1, 3, H, W)`` float32 pixels in 0..255, which both files take. Neither needs a manifest: ``export`` calls this before
    it writes one. Raises ``DeviceError`` where the runner ends early.
    """
    protocol, setting = PROTOCOLS[DEFAULT], Setting(1, (), "all")
    record = Record(2)
    with tempfile.TemporaryDirectory(prefix="mobileseg-input-") as folder:
        data = Path(folder) / "input.bin"
        batch.astype("<f4").tofile(data)
        with Bench(Host(), [file, base], [data, data]) as bench:
            bench.measure(setting, protocol, record)
    new, old = (track.turns for track in record.tracks)
    value, interval = summary.ratio(new, old, protocol.figure, paired=True)
    return TimeRatio(value, interval, f"host ({platform.machine()}), 1 thread, protocol {protocol.name}")
