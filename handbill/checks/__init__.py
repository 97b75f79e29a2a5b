"""The rules that ship: importing this package registers them all."""

from importlib.metadata import entry_points

from handbill.checks import (
    clinic,
    content,
    delivery,
    dosage,
    editorial,
    evidence,
    exchange,
    layout,
    letter,
    plain,
    printing,
    project,
    release,
    signature,
    site,
    template,
    translation,
    wording,
)


__all__ = [
    "clinic",
    "content",
    "delivery",
    "dosage",
    "editorial",
    "evidence",
    "exchange",
    "layout",
    "letter",
    "plain",
    "printing",
    "project",
    "release",
    "signature",
    "site",
    "template",
    "translation",
    "wording",
]


def install() -> None:
    """Register the rules of installed packages too."""
    for entry in entry_points(group="handbill.rules"):
        entry.load()
