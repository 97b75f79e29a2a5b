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
declare(
    "LF751",
    "mail-server",
    Severity.ERROR,
    """
    The mail server cannot be reached, is not who it says it is, or takes nothing from us.

    What it does: connects with encryption, checks the certificate and logs in, before any letter
    is tried; stops when ten letters in a row are refused alike.
    Why is this bad? Letters and passwords must not be read on the way, or be given to a stranger.
    Example: `smtp://mail.example.org:465`
    Use instead: `smtps://mail.example.org:465`. There is no way to do without the certificate.
    """,
)
declare(
    "LF752",
    "mail-account",
    Severity.ERROR,
    """
    The user and the password of the mail server cannot be used.

    What it does: reads them from a file that nobody else can read, or from the environment.
    Why is this bad? Whoever reads the password sends letters in the clinic's name.
    Example: a file that everybody on the machine can read
    Use instead: `chmod 600` on a file with `user = "…"` and `password = "…"`.
    """,
)
declare(
    "LF753",
    "undeliverable-address",
    Severity.ERROR,
    """
    A letter cannot be addressed through this server.

    What it does: writes the domain in ASCII (IDNA 2008); an address with other letters before its
    `@` needs a server that offers SMTPUTF8.
    Why is this bad? A changed address is somebody else's.
    Use instead: another address of the same person, or another server.
    """,
)
declare(
    "LF754",
    "refused-letter",
    Severity.ERROR,
    """
    The server has refused a letter for good.

    What it does: tells the codes of the answer and what they mean; its words are not kept, because
    they may name somebody.
    Why is this bad? Somebody waits for a letter that does not come.
    Use instead: ask for the right address. The same letter goes out again only if you say so.
    """,
)
declare(
    "LF755",
    "doubtful-letter",
    Severity.ERROR,
    """
    Nobody knows whether the server has a letter.

    What it does: tells of a letter that was sent to its end when the connection, or this program,
    ended before the answer came. It is not sent again by itself.
    Why is this bad? Sent again, it may come twice; not sent again, it may never come.
    Use instead: look for its Message-ID in the server's log, then say that it has come, or that it
    is to be sent again. It keeps its Message-ID, by which some servers put two copies together.
    """,
)
declare(
    "LF756",
    "unsent-letter",
    Severity.ERROR,
    """
    The server has put a letter off again and again.

    What it does: tries with longer and longer waits, then leaves it for the next time.
    Why is this bad? Somebody waits for a letter that does not come.
    Use instead: give the same command again, later.
    """,
)
declare(
    "LF757",
    "oversized-letter",
    Severity.ERROR,
    """
    A letter is larger than the server or the settings allow.

    What it does: first tries the letter with links instead of what is enclosed.
    Why is this bad? A server that finds a letter too large sends it to nobody.
    Use instead: a shorter text, or a higher limit.
    """,
)
declare(
    "LF758",
    "mail-signature",
    Severity.ERROR,
    """
    Letters cannot be signed for their domain (DKIM).

    What it does: reads the key before any letter is tried.
    Why is this bad? Many servers take unsigned letters for spam, and nobody would be told.
    Use instead: `pip install "handbill[dkim]"`, and a key file that only its owner can read.
    """,
)
