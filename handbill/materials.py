"""The bill of materials of a release: what its files were set with, as CycloneDX 1.6.

https://cyclonedx.org/docs/1.6/json/ says what each name means. Written by hand: of the standard's
many names these few are needed, and a test judges them by its schema.
"""

import re
from collections.abc import Iterable, Mapping
from importlib import metadata
from typing import Any

from handbill import toolchain


_REQUIREMENT = re.compile(r"^([\w.-]+)(?:\[([^\]]*)\])?[^;]*(?:;(.*))?$")
_EXTRA = re.compile(r"""extra\s*==\s*['"]([\w.-]+)['"]""")
_OFL = "OFL-1.1"
_CLASSIFIER = "License :: "
_LONGEST_LICENCE = 60
#: What is told by name alone, because the library does not tell its version.
_UNTOLD = "present"


def bill(
    name: str,
    version: str,
    *,
    date: str,
    versions: Mapping[str, str],
    fonts: Iterable[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return the bill of materials of a release.

    Args:
        name: what its folder is called.
        version: the name of the release.
        date: the newest date of its content: not that of today, which would be another each day.
        versions: the toolchain.
        fonts: the tables of fonts.toml.
    """
    named = [name for name in versions if name not in {*toolchain.SYSTEM, "handbill"}]
    parts = [*_packages(named), *_system(versions), *map(_font, fonts)]
    parts.sort(key=lambda part: part["bom-ref"])
    root = f"release:{name}"
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": f"{date}T00:00:00Z",
            "component": {"type": "data", "bom-ref": root, "name": name, "version": version},
        },
        "components": parts,
        "dependencies": [
            {"ref": root, "dependsOn": [part["bom-ref"] for part in parts]},
            *({"ref": part["bom-ref"]} for part in parts),
        ],
    }


def _packages(names: Iterable[str]) -> Iterable[dict[str, Any]]:
    """Return these packages, and those that they need."""
    found: dict[str, dict[str, Any]] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(name, "") for name in names]
    while waiting:
        name, extra = waiting.pop()
        key = re.sub(r"[-_.]+", "-", name).lower()
        if (key, extra) in seen:
            continue
        seen.add((key, extra))
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            # It is for another system than this.
            continue
        purl = f"pkg:pypi/{key}@{package.version}"
        found[key] = {
            "type": "library",
            "bom-ref": purl,
            "name": package.metadata["Name"],
            "version": package.version,
            "purl": purl,
            **_licences(package.metadata),
        }
        for line in package.requires or ():
            match = _REQUIREMENT.match(line)
            if match is None:
                continue
            wanted = _EXTRA.search(match[3] or "")
            if wanted is None or wanted[1] == extra:
                extras = [item.strip() for item in (match[2] or "").split(",")]
                waiting += [(match[1], item) for item in dict.fromkeys(["", *extras])]
    return found.values()


def _licences(package: metadata.PackageMetadata) -> dict[str, Any]:
    """Return what a package says of its licence: an expression, else its own words."""
    if expression := _said(package, "License-Expression"):
        return {"licenses": [{"expression": expression}]}
    names = [
        line.rpartition(" :: ")[2]
        for line in package.get_all("Classifier") or ()
        if line.startswith(_CLASSIFIER)
    ]
    own = _said(package, "License")
    if own and len(own) <= _LONGEST_LICENCE:
        names = [own]
    return {"licenses": [{"license": {"name": name}} for name in names]} if names else {}


def _said(package: metadata.PackageMetadata, name: str) -> str:
    return " ".join(" ".join(package.get_all(name) or ()).split())


def _system(versions: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    """Yield Python, the system's libraries and ourselves."""
    for name in toolchain.SYSTEM:
        part: dict[str, Any] = {"type": "library", "bom-ref": f"system:{name}", "name": name}
        if (version := versions[name]) != _UNTOLD:
            purl = f"pkg:generic/{name}@{version}"
            part |= {"version": version, "purl": purl, "bom-ref": purl}
        yield part
    yield {
        "type": "application",
        "bom-ref": "handbill",
        "name": "handbill",
        "description": "the digest is of its source",
        "hashes": [{"alg": "SHA-256", "content": versions["handbill"]}],
        "licenses": [{"license": {"id": "Apache-2.0"}}],
    }


def _font(table: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "file",
        "bom-ref": f"font:{table['file']}",
        "name": table["file"],
        "version": table["version"],
        "description": f"{table['family']}, weight {table['weight']}; from {table['source']}",
        "hashes": [{"alg": "SHA-256", "content": table["sha256"]}],
        # A name that SPDX does not list may not stand as an id.
        "licenses": [{"license": {"id" if table["licence"] == _OFL else "name": table["licence"]}}],
    }
