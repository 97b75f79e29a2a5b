"""LF75: what has been delivered, and what mail servers say."""

from handbill.diagnostics import Severity
from handbill.rules import declare


declare(
    "LF750",
    "ledger",
    Severity.ERROR,
    """
    The ledger of what was sent and printed cannot be used.

    What it does: opens `.handbill/ledger.sqlite` and its key before anything is handed over, and
    stops when a line cannot be written.
    Why is this bad? Without the ledger nobody knows what has gone out, and people would get things
    twice.
    Example: the disk is full, or another process is at work on the same campaign.
    Use instead: what the hint says. Never remove the ledger to get on.
    """,
)
