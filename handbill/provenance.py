"""How a release was made, as an in-toto statement with SLSA's provenance.

https://in-toto.io/Statement/v1 and https://slsa.dev/provenance/v1 say what each name means. It
names no machine, no person and no time, so it is the same wherever a release is made; and nobody
has signed it. Who vouches for a machine signs a statement of their own over the zips.
"""

from collections.abc import Mapping
from typing import Any


STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:handbill:release:1"
#: Whoever runs handbill: nothing here says more, so nobody can take it for a promise.
BUILDER = "urn:handbill:unattested"


def statement(
    subjects: Mapping[str, str],
    *,
    parameters: Mapping[str, Any],
    inputs: Mapping[str, str],
    revision: str,
    since: Mapping[str, str],
    versions: Mapping[str, str],
) -> dict[str, Any]:
    """Return how files were made.

    Args:
        subjects: the digests of the files, by path.
        parameters: what was asked for on the command line.
        inputs: the digests of the project's files, by path.
        revision: the commit that they are from; empty where it is not known.
        since: the name of the release that the notes compare with, and its manifest's digest.
        versions: the toolchain.
    """
    needed = [
        {"name": path, "digest": {"sha256": digest}} for path, digest in sorted(inputs.items())
    ]
    if revision:
        needed.insert(0, {"name": "source", "digest": {"gitCommit": revision}})
    if since:
        name = f"leaflets-{since['name']}/manifest.json"
        needed.append({"name": name, "digest": {"sha256": since["digest"]}})
    return {
        "_type": STATEMENT,
        "subject": [
            {"name": path, "digest": {"sha256": digest}}
            for path, digest in sorted(subjects.items())
        ],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": dict(parameters),
                "resolvedDependencies": needed,
            },
            "runDetails": {"builder": {"id": BUILDER, "version": dict(versions)}},
        },
    }


def read(found: Any) -> tuple[dict[str, str], dict[str, str]]:
    """Return the digests of the files that a statement is about, and of those they are made from.

    Raises:
        ValueError: it is no such statement.
    """
    try:
        if found["_type"] != STATEMENT or found["predicateType"] != PREDICATE:
            message = "it is no in-toto statement with SLSA's provenance"
            raise ValueError(message)
        subjects = {item["name"]: item["digest"]["sha256"] for item in found["subject"]}
        needed = found["predicate"]["buildDefinition"]["resolvedDependencies"]
        inputs = {item["name"]: item["digest"].get("sha256", "") for item in needed}
        if not all(isinstance(said, str) for said in (*subjects, *inputs, *inputs.values())):
            message = "its names and digests are not texts"
            raise ValueError(message)
    except (KeyError, TypeError, AttributeError) as error:
        message = f"it is no in-toto statement: {type(error).__name__}: {error}"
        raise ValueError(message) from error
    return subjects, inputs
