"""One tree of errors. Each says what was expected, what was found and what to do; the class decides the exit code."""

from __future__ import annotations

from typing import Any


class MobilesegError(Exception):
    """Base of everything mobileseg raises on purpose.

    ``expected``, ``found`` and ``fix`` are sentences without a final stop; ``exit_code`` is what the command line returns.
    """

    exit_code = 1

    def __init__(self, *, expected: str, found: str, fix: str) -> None:
        super().__init__(f"expected {expected}; found {found}; fix: {fix}")
        self.expected = expected
        self.found = found
        self.fix = fix

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors come back from worker processes as what they are."""
        return _rebuilt, (type(self), self.args, self.__dict__)


def _rebuilt(kind: type[MobilesegError], args: tuple[Any, ...], fields: dict[str, Any]) -> MobilesegError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(fields)
    return error


class GateError(MobilesegError):
    """The artifact was made but is not good enough: a verification or a gate that was asked for failed."""

    exit_code = 1


class NotMeasuredError(MobilesegError):
    """Too little was measured to say whether something is good enough: neither a pass nor a failure."""

    exit_code = 4


class RequestError(MobilesegError):
    """What was asked for cannot be done as asked."""

    exit_code = 2


class UnknownNameError(RequestError):
    """A model, target, device or protocol that no registry holds."""


class SizeError(RequestError):
    """An input size that the network cannot take."""


class CheckpointError(RequestError):
    """A weights file that cannot be read, or that does not fit the model."""


class ImageError(RequestError):
    """An image that cannot be read as 8-bit RGB."""


class DatasetError(RequestError):
    """A folder of images, or of images and masks, that is not what it should be."""


class OutputError(RequestError):
    """A place where nothing can be written, or where something is already."""


class ArtifactError(RequestError):
    """An exported file that cannot be opened, or that does not belong to its manifest."""


class EnvironmentLackError(MobilesegError):
    """This machine lacks something: a package, a matching version, disk space, a network."""

    exit_code = 3


class MissingExtraError(EnvironmentLackError):
    """A part of mobileseg that is an extra was not installed."""

    def __init__(self, *, purpose: str, package: str, extra: str) -> None:
        super().__init__(
            expected=f"the package {package} for {purpose}",
            found="it is not installed",
            fix=f"pip install 'mobileseg[{extra}]'",
        )
        self.package = package
        self.extra = extra


UNKNOWN_FIX = "run the file on macOS, in Core ML itself; here its result is not measured"


class UnknownOperationError(EnvironmentLackError):
    """A program that our interpreter cannot evaluate: what the file computes is unknown here, neither good nor bad."""

    @classmethod
    def of(cls, operation: str) -> UnknownOperationError:
        """The error for an operation, or for a use of one that is not known."""
        return cls(
            expected="operations that the Core ML interpreter knows",
            found=f"{operation}: UNKNOWN",
            fix=UNKNOWN_FIX,
        )


class DiskFullError(EnvironmentLackError):
    """The disk filled up while something was being written; what was written is gone again."""


class DownloadError(EnvironmentLackError):
    """A file could not be fetched."""
