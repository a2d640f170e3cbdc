"""What stands for everything that a pickle names and that is not rebuilt: it runs nothing, and says what it stands for.

Nothing that a file names is imported, so nothing in it can run. A name that is there only to act is refused all the same: whoever
wrote ``os.system`` into a file of weights meant harm.
"""

from __future__ import annotations

from dataclasses import dataclass

_NAMES = (  # modules, and names in modules
    # the machine
    "os posix nt sys subprocess shutil signal pty platform commands popen2 ctypes _ctypes cffi mmap fcntl resource socket ssl http",
    "urllib urllib2 ftplib smtplib telnetlib xmlrpc webbrowser asyncio multiprocessing concurrent tempfile fileinput io.open",
    "sqlite3 psutil requests",
    # more code
    "importlib imp runpy pkgutil zipimport code codeop marshal pickle _pickle cPickle dill cloudpickle joblib shelve pdb bdb",
    "profile cProfile timeit trace site distutils setuptools pip venv IPython types.CodeType types.FunctionType types.LambdaType",
    "builtins.__import__ builtins.apply builtins.breakpoint builtins.compile builtins.delattr builtins.eval builtins.exec",
    "builtins.execfile builtins.exit builtins.globals builtins.input builtins.locals builtins.open builtins.quit",
    "builtins.raw_input builtins.reload builtins.setattr builtins.vars operator.attrgetter operator.methodcaller",
    # loaders that run what they load
    "torch.hub torch.jit torch.load torch.package torch.serialization.load torch.utils.cpp_extension torch.utils.model_zoo",
    "numpy.load numpy.f2py numpy.distutils numpy.testing pandas.read_pickle pandas.io.pickle",
)
ACTING = frozenset(name for line in _NAMES for name in line.split())


class ActingNameError(Exception):
    """A pickle names something that only acts."""


@dataclass(frozen=True, eq=False)
class Name:
    """A class or function that a pickle names: ``module.name``, and no more than that."""

    origin: str


@dataclass(frozen=True, eq=False)
class Inert:
    """Stands for an object of the class ``origin``, or for what the function ``origin`` would give. It holds nothing."""

    origin: str


def check_name(path: str) -> None:
    """Raise ``ActingNameError`` for a name such as ``os.system``: it, or a module above it, is in ``ACTING``."""
    parts = path.split(".")
    if any(".".join(parts[:length]) in ACTING for length in range(1, len(parts) + 1)):
        raise ActingNameError(path)
