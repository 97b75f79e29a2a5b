"""LF34: jobs that come back from translators outside."""

from handbill.diagnostics import Severity
from handbill.rules import declare


declare(
    "LF340",
    "stale-exchange",
    Severity.ERROR,
    """
    A translation of another English than today's.

    What it does: compares the source of every text in a job with the catalog, when it is sent and
    when it comes back.
    Why is this bad? While the job was away the English has changed, perhaps by a dose; its
    translation would look like one of the new text.
    Use instead: run `catalog update`, export the catalog again, and have the text translated anew.
    """,
)
declare(
    "LF341",
    "exchange-file",
    Severity.ERROR,
    """
    A job that is not whole, or no job at all.

    What it does: reads XLIFF, CSV and XLSX strictly: no document type, no entities, no formulas,
    no text that is translated in two ways or by half.
    Why is this bad? What a tool has dropped or doubled would be guessed. Nothing is imported.
    Use instead: export the catalog again, and paste the translations.
    """,
)
