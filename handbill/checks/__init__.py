"""The rules that ship: importing this package registers them all."""

from handbill.checks import (
    clinic,
    content,
    exchange,
    layout,
    project,
    signature,
    template,
    translation,
)


__all__ = [
    "clinic",
    "content",
    "exchange",
    "layout",
    "project",
    "signature",
    "template",
    "translation",
]
