"""What turns a proof into bytes: the versions that belong in every key, told without loading it.

WeasyPrint takes half a second to import; a build with nothing to do must not pay for it. So the
libraries are asked for their versions directly, and packages by the names of their folders.
"""

import ctypes
import functools
import json
import re
import sys
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from handbill.diagnostics import Fault, HandbillError, Location, Scope
from handbill.disk import files
from handbill.sources import digest


#: Packages whose version can change a PDF's bytes, or what is found in it.
PACKAGES = (
    "babel",
    "brotli",
    "cssselect2",
    "fonttools",
    "icu4py",
    "jinja2",
    "markdown",
    "markupsafe",
    "page_validation",
    "pikepdf",
    "pillow",
    "pydyf",
    "pypdfium2",
    "pyphen",
    "segno",
    "tinycss2",
    "tinyhtml5",
    "uharfbuzz",
    "weasyprint",
)

#: File names of each library on Linux and macOS, and how to ask its version.
_LIBRARIES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "pango": (
        ("libpango-1.0.so.0", "libpango-1.0.dylib", "libpango-1.0.0.dylib"),
        "pango_version_string",
    ),
    "pangoft2": (
        ("libpangoft2-1.0.so.0", "libpangoft2-1.0.dylib", "libpangoft2-1.0.0.dylib"),
        "",
    ),
    "harfbuzz": (("libharfbuzz.so.0", "libharfbuzz.0.dylib"), "hb_version_string"),
    "harfbuzz-subset": (("libharfbuzz-subset.so.0", "libharfbuzz-subset.0.dylib"), ""),
    "fontconfig": (("libfontconfig.so.1", "libfontconfig.1.dylib"), "FcGetVersion"),
}

#: What comes with the system, not as a package.
SYSTEM = ("python", "zlib", *_LIBRARIES)

_INSTALL = (
    "apt-get install --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
    " (Debian, Ubuntu), or brew install pango (macOS)"
)


@functools.cache
def versions() -> Mapping[str, str]:
    """Return the version of everything that shapes a PDF: Python, packages, libraries, ourselves.

    Raises:
        HandbillError: a library is missing; the hint is the command that installs it.
    """
    found = {"python": sys.version.split()[0], "zlib": zlib.ZLIB_RUNTIME_VERSION}
    found |= _packages()
    for name, (names, function) in _LIBRARIES.items():
        found[name] = _library(name, names, function)
    found["handbill"] = _own_digest()
    return found


def fingerprint(fonts: Mapping[str, str]) -> str:
    """Name a toolchain by its versions and its fonts, the digests of their files by name."""
    return digest(json.dumps([dict(versions()), sorted(fonts.items())]).encode())


@functools.cache
def local_fingerprint(fonts_folder: str) -> str:
    """Name the toolchain of this machine, which may be another than the asking one's."""
    folder = Path(fonts_folder)
    return fingerprint(
        {
            path.relative_to(folder).as_posix(): digest(path.read_bytes())
            for path in map(Path, files(fonts_folder))
        }
    )


def stranger(wanted: str, fonts_conf: str, path: str, scope: Scope) -> Fault | None:
    """Say that this machine would not print as the asking one does, if that is so."""
    if local_fingerprint(str(Path(fonts_conf).parent)) == wanted:
        return None
    return Fault(
        kind="foreign-toolchain",
        location=Location(path=path),
        message="a worker has other versions of the toolchain than this machine",
        hint="install the same lock file and system libraries on both",
        scope=scope,
    )


def places() -> list[str]:
    """Return the files and folders that change when the toolchain does; none if that is not known.

    Installing a package changes the folder it goes to; installing a library replaces its file.
    """
    versions()  # loads the libraries
    maps = Path("/proc/self/maps")
    if not maps.exists():
        return []
    loaded = {line.split(None, 5)[-1] for line in maps.read_text().splitlines()}
    wanted = tuple(name for names, _ in _LIBRARIES.values() for name in names)
    # A library's own file has its version at the end of its name.
    libraries = sorted(path for path in loaded if path.rsplit("/", 1)[-1].startswith(wanted))
    package = Path(__file__).parent
    own = [path for path in sorted(package.rglob("*")) if path.name != "__pycache__"]
    own = [path for path in own if path.suffix == ".py" or path.is_dir()]
    folders = [folder for folder in sys.path[1:] if Path(folder).is_dir()]
    return [sys.executable, *folders, *libraries, str(package), *map(str, own)]


def _packages() -> dict[str, str]:
    pattern = re.compile(rf"({'|'.join(PACKAGES)})-([^-]+)\.dist-info", re.IGNORECASE)
    found: dict[str, str] = {}
    for folder in sys.path:
        with suppress(OSError):
            for path in Path(folder).iterdir():
                match = pattern.fullmatch(path.name)
                if match or _has_rules(path):
                    name, _, version = path.name.removesuffix(".dist-info").partition("-")
                    found.setdefault(name.lower(), version)
    return dict(sorted(found.items()))


def _has_rules(path: Path) -> bool:
    """Tell whether an installed package brings rules, whose findings are part of a build."""
    if path.suffix != ".dist-info":
        return False
    with suppress(OSError):
        return b"[handbill.rules]" in (path / "entry_points.txt").read_bytes()
    return False


def _library(name: str, names: tuple[str, ...], function: str) -> str:
    for file in names:
        with suppress(OSError):
            library = ctypes.CDLL(file)
            if not function:
                return "present"
            ask = library[function]
            if function == "FcGetVersion":
                return str(ask())
            ask.restype = ctypes.c_char_p
            return str(ask().decode())
    raise HandbillError(
        Fault(
            kind="missing-library",
            location=Location(path=f"lib{name}"),
            message=f"the system library {name} is not installed",
            hint=_INSTALL,
        )
    )


def _own_digest() -> str:
    package = Path(__file__).parent
    return digest(b"\0".join(path.read_bytes() for path in sorted(package.rglob("*.py"))))
