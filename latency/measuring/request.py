"""A measurement request, checked before any slow work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mobileseg.errors import RequestError
from mobileseg.export.artifact import Artifact, read_artifact
from mobileseg.latency.conditions.identity import check_alias, label
from mobileseg.latency.conditions.sensors import Properties
from mobileseg.latency.conditions.topology import choose_cores, clusters
from mobileseg.latency.devices.contract import Device
from mobileseg.latency.devices.table import open_device, split
from mobileseg.latency.measuring.session import Setting
from mobileseg.latency.protocol import DEFAULT, PROTOCOLS, Protocol, check_gates
from mobileseg.latency.results.result import Result
from mobileseg.registry import choose

BIG = "big"
MAX_THREADS = 256
LONG_S = 300  # of one file: a device that is warm from another file is not what is measured
COMPUTE_UNITS = ("ALL", "CPU_ONLY", "CPU_AND_GPU", "CPU_AND_NE")


@dataclass(frozen=True)
class Request:
    """What to measure, on which device and how. ``label``: what results call the device; ``allow``: gates that must not refuse;
    ``profile``: folder for profiles."""

    artifacts: tuple[Artifact, ...]
    device: Device
    label: str
    properties: Properties
    protocol: Protocol
    settings: tuple[Setting, ...]
    allow: tuple[str, ...]
    profile: Path | None

    @classmethod
    def of(
        cls,
        artifacts: Sequence[str | Path],
        device: str,
        protocol: str,
        threads: Sequence[int | str],
        cores: str,
        allow: Sequence[str],
        profile: str | Path | None,
        compute_units: str,
        in_app: bool = False,
        alias: str | None = None,
    ) -> Request:
        """Check the arguments of ``measurement.measure`` and open the files and the device.

        Raises ``RequestError`` or a subclass for the request, ``EnvironmentLackError`` or a subclass for runtimes and devices.
        """
        split(device)
        check_alias(alias)
        how = choose(PROTOCOLS, protocol, "protocol")
        check_gates(tuple(allow))
        if not artifacts:
            raise RequestError(expected="at least one artifact", found="none", fix="name exported files")
        if compute_units not in COMPUTE_UNITS:
            raise RequestError(
                expected=" or ".join(COMPUTE_UNITS), found=repr(compute_units), fix="choose one of these"
            )
        folder = profile_folder(profile)
        for thread in threads:
            _check_threads(thread)
        opened = tuple(read_artifact(path) for path in artifacts)
        if len({artifact.target.name for artifact in opened} & {"coreml"}) == 0:
            compute_units = ""
        if how.min_seconds >= LONG_S and len(opened) > 1:
            raise RequestError(
                expected=f"one file with protocol {how.name}, whose heat is its own",
                found=f"{len(opened)}: {', '.join(artifact.path.name for artifact in opened)}",
                fix="measure them one after the other, or choose another protocol",
            )
        place = open_device(device, in_app)
        for artifact in opened:
            _check_batch(artifact)
            place.check_manifest(artifact.manifest)
        properties = place.properties()
        settings = tuple(_setting(properties, thread, cores, compute_units or None) for thread in threads)
        name = label(place.name, alias, properties.unit)
        return cls(opened, place, name, properties, how, settings, tuple(allow), folder)


def profile_folder(asked: str | Path | None) -> Path | None:
    """The folder for profiles, None where none was asked for. Raises ``RequestError`` where it is none."""
    if asked is not None and not Path(asked).is_dir():
        raise RequestError(expected="an existing folder for profiles", found=str(asked), fix=f"mkdir -p {asked}")
    return None if asked is None else Path(asked)


def check_counting(
    device: str,
    protocol: str,
    threads: Sequence[int | str],
    cores: str,
    allow: Sequence[str],
    earlier: Result | None,
) -> None:
    """Raise ``RequestError`` for options that have no meaning on a device that counts one inference."""
    given = {
        "--threads": tuple(threads) != (1,), "--cores": cores != "all",
        "--protocol": protocol != DEFAULT, "--allow": bool(allow),
    }  # fmt: skip
    if any(given.values()):
        raise RequestError(
            expected=f"{device} without {', '.join(given)}",
            found=" and ".join(name for name, there in given.items() if there),
            fix="remove them: it counts one inference on one thread",
        )
    if earlier is not None:
        raise RequestError(
            expected=f"a new file for the counts of {device}",
            found=f"an interrupted measurement of {earlier.device}",
            fix="choose another file, or overwrite it with --force",
        )


def parse_threads(text: str) -> tuple[int | str, ...]:
    """``1,2,big`` -> (1, 2, "big"). Raises ``RequestError``."""
    words = [word.strip() for word in text.split(",")]
    found = tuple(int(word) if word.isascii() and word.isdigit() else word for word in words)
    for thread in found:
        _check_threads(thread)
    return found


def _check_threads(thread: int | str) -> None:
    if thread != BIG and not (isinstance(thread, int) and 1 <= thread <= MAX_THREADS):
        raise RequestError(
            expected=f"--threads as 1,2,4 or {BIG}, each at most {MAX_THREADS}",
            found=repr(thread),
            fix="for example --threads 1,2",
        )


def check_in_app(
    device: str, threads: Sequence[int | str], cores: str, profile: str | Path | None, compute_units: str
) -> None:
    """Raise ``RequestError`` for what the app cannot do."""
    if split(device)[0].name != "adb":
        raise RequestError(
            expected="--in-app with --device adb", found=device, fix="use --device adb: the app runs only on phones"
        )
    given = {
        f"--threads {BIG}": BIG in threads, f"--cores {cores}": cores != "all", "--profile": profile is not None,
        f"--compute-units {compute_units}": compute_units != COMPUTE_UNITS[0],
    }  # fmt: skip
    if any(given.values()):
        raise RequestError(
            expected=f"--in-app without --threads {BIG}, --cores, --profile and --compute-units",
            found=" and ".join(name for name, there in given.items() if there),
            fix="an app chooses none of them; leave --in-app out for them",
        )


def _check_batch(artifact: Artifact) -> None:
    batch = artifact.manifest.input.batch
    if isinstance(batch, int) and batch > 1:
        raise RequestError(
            expected="files that take one picture at a time, or any number",
            found=f"{artifact.path.name}, which takes {batch} at once",
            fix="export it with --batch dynamic, or without --batch, and measure that",
        )


def _setting(properties: Properties, thread: int | str, cores: str, units: str | None) -> Setting:
    if isinstance(thread, int):
        return Setting(thread, choose_cores(properties, cores), cores, units)
    if cores not in ("all", BIG):
        raise RequestError(
            expected=f"--threads {BIG} with --cores {BIG}", found=f"--cores {cores}", fix="remove --cores"
        )
    if len(clusters(properties.cores)) < 2:  # all cores are alike, and all are meant: nothing to bind to
        return Setting(sum(core.online for core in properties.cores), (), "all", units)
    chosen = choose_cores(properties, BIG)
    return Setting(len(chosen), chosen, BIG, units)
