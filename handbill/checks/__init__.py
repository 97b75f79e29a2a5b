"""The rules that ship: importing this package registers them all."""

from handbill.checks import (
    clinic,
    content,
    dosage,
    editorial,
    evidence,
    exchange,
    layout,
    plain,
    project,
    signature,
    template,
    translation,
    wording,
)


__all__ = [
    "clinic",
    "content",
    "dosage",
    "editorial",
    "evidence",
    "exchange",
    "layout",
    "plain",
    "project",
    "signature",
    "template",
    "translation",
    "wording",
]
