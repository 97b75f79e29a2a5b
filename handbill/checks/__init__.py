"""The rules that ship: importing this package registers them all."""

from handbill.checks import clinic, content, layout, project, signature, template, translation


__all__ = ["clinic", "content", "layout", "project", "signature", "template", "translation"]
