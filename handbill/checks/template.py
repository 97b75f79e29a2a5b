"""LF4: the designers' templates."""

from handbill.diagnostics import Severity
from handbill.rules import declare


declare(
    "LF402",
    "specimen-file",
    Severity.ERROR,
    """
    A mistake in templates/specimen.toml.

    What it does: checks every text of every language's specimen.
    Why is this bad? A letter that is not tried out is found wrong by a reader.
    Example: `heading = ["Hands"]`
    Use instead: `heading = "Hands"`
    """,
)
declare(
    "LF401",
    "template-error",
    Severity.ERROR,
    """
    A Jinja template is wrong, or names something that does not exist.

    What it does: points at the template's line.
    Why is this bad? An undefined name would print as nothing, in silence.
    Example: `{{ clinic.nmae }}`
    Use instead: `{{ clinic.name }}`
    """,
)
