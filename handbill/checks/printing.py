"""LF80: from the build to the paper. Met by `print` and `status` on the way."""

from handbill.diagnostics import Severity
from handbill.rules import declare


declare(
    "LF800",
    "print-list",
    Severity.ERROR,
    """
    A list of what to print, or of what lies on a shelf, is wrong.

    What it does: reads every row before anything is printed: columns, names, formats, copies, and
    whether two rows ask for the same.
    Why is this bad? A row that is skipped is a leaflet that is missing when a patient needs it.
    Example: a row for a language in which the leaflet is not published.
    Use instead: mend the row that the finding names. Nothing has been printed.
    """,
)
declare(
    "LF801",
    "unprintable-draft",
    Severity.ERROR,
    """
    An edition is a draft, and `print` was not told that drafts are welcome.

    What it does: looks in the manifest whether the edition says DRAFT.
    Why is this bad? Nobody has signed it. On a shelf it would be given to patients.
    Example: `print milia --language ar` before the Arabic text has been signed.
    Use instead: have it read and signed; for proof-reading on paper, `--allow-draft`.
    """,
)
declare(
    "LF802",
    "unready-edition",
    Severity.ERROR,
    """
    An edition cannot be printed: it is stopped by errors, or its file is not the one that was made.

    What it does: builds what is missing or not up to date, then compares the digest of the file
    with the manifest's.
    Why is this bad? A file that somebody has changed is not the text that was checked and signed.
    Use instead: mend what the build finds; a changed file is made anew by the next build.
    """,
)
declare(
    "LF803",
    "unreachable-printer",
    Severity.ERROR,
    """
    No printer answers, or it cannot be trusted.

    What it does: speaks IPP to the printer, and checks its certificate where it is `ipps://`.
    Why is this bad? Nothing can be printed; over a connection that nobody has checked, the pages
    may go to somebody else.
    Example: the printer is switched off, or the queue's name is misspelt.
    Use instead: what the hint says. If nothing is in doubt, nothing was printed.
    """,
)
declare(
    "LF804",
    "refusing-printer",
    Severity.ERROR,
    """
    The printer accepts no jobs.

    What it does: asks it before anything is sent.
    Why is this bad? Nothing is printed until somebody lets it accept them again.
    Example: a queue of CUPS after `cupsreject`.
    Use instead: ask who runs the printer, or name another one.
    """,
)
declare(
    "LF805",
    "missing-capability",
    Severity.ERROR,
    """
    The printer cannot print this at all.

    What it does: compares what the file needs with what the printer says of itself: its paper, PDF,
    both sides for a booklet, and the operations by which a job is followed.
    Why is this bad? A page that is scaled to other paper has smaller type; a booklet on one side
    cannot be folded.
    Example: an A4 leaflet on a printer with US Letter alone.
    Use instead: a format for the paper that the printer has, or another printer. A queue of CUPS
    turns PDF into what a printer takes.
    """,
)
declare(
    "LF806",
    "lesser-print",
    Severity.WARNING,
    """
    The printer cannot do all that was asked, and does something else instead.

    What it does: says what, before it is printed: one side for both, black for colour, no staples.
    Why is this bad? Copies that look other than expected are noticed when all are printed.
    Example: a printer without a duplex unit.
    Use instead: another printer, or ask for what it can do.
    """,
)
declare(
    "LF807",
    "failed-job",
    Severity.ERROR,
    """
    A job was cancelled, given up or refused by the printer.

    What it does: follows each job to its end, and says how much came out where the printer counts.
    Why is this bad? The shelf lacks copies.
    Example: somebody pressed Cancel at the printer.
    Use instead: the same command again prints it. Take what came out off the tray first.
    """,
)
declare(
    "LF808",
    "waiting-job",
    Severity.ERROR,
    """
    The time of `--timeout` is over, and a job is not printed yet.

    What it does: says why, as far as the printer knows: no paper, a jam, a pause, other jobs.
    Why is this bad? The job stays at the printer, and comes out when nobody expects it.
    Use instead: mend the printer. The same command again waits for the job, and sends nothing
    twice.
    """,
)
declare(
    "LF809",
    "doubtful-print",
    Severity.ERROR,
    """
    Nobody knows whether something was printed.

    What it does: after a crash or a broken connection, asks the printer for the job by its number
    and its name. Where the printer has forgotten it, or a run is older than half a day, a person
    must say.
    Why is this bad? Printed again, there may be twice as many; not printed, none.
    Example: the power failed while the job was being sent, and the printer keeps no list of jobs.
    Use instead: look at the tray, then add `--in-doubt printed` or `--in-doubt again`; for an old
    run, `--resume` or `--anew`.
    """,
)
