"""LF70 and LF71: lists of recipients, and letters that bring leaflets to them.

Met by `send` on its way, before the first letter goes out. Nothing of a recipient is in a finding.
"""

from handbill.diagnostics import Severity
from handbill.rules import declare


declare(
    "LF701",
    "mailing-list",
    Severity.ERROR,
    """
    A list of recipients that is not whole, or no list at all.

    What it does: reads CSV (commas, semicolons or tabs; UTF-8, or UTF-16 with its first mark) or
    JSON Lines with the columns address, language, leaflets, clinic and perhaps reference; in
    `leaflets` several stand behind one another, with spaces between. Every row is looked at before
    anything is sent, and one mistake stops all.
    Why is this bad? Of a list that was sent by half, nobody knows who has got what.
    Example: a row in which a column has slipped
    Use instead: mend the list, and give the same command again; nobody gets anything twice.
    """,
)
declare(
    "LF702",
    "unsafe-text",
    Severity.ERROR,
    """
    A line break or an invisible sign in a list of recipients.

    What it does: finds control characters, line breaks, signs that turn text around and letters
    without width in every field.
    Why is this bad? Behind a line break, an address could add recipients to a message, or a text to
    it; turned around, it would look like another's.
    Use instead: type the value anew; do not copy it from a web page.
    """,
)
declare(
    "LF703",
    "malformed-address",
    Severity.ERROR,
    """
    What cannot be an email address.

    What it does: looks at the form alone, in any script; no server is asked. The address of the
    sender and of the clinic are looked at too.
    Why is this bad? It comes back days later, or never, and somebody waits for it.
    Example: `Anna <anna@example.org>`
    Use instead: `anna@example.org`
    """,
)
declare(
    "LF704",
    "doubled-recipient",
    Severity.ERROR,
    """
    Two rows send the same leaflet in the same language to the same mailbox.

    What it does: compares addresses without regard to the case of their letters.
    Why is this bad? One of the two was most likely meant for somebody else.
    Use instead: remove one of the rows, or write the other address.
    """,
)
declare(
    "LF705",
    "unknown-recipient-choice",
    Severity.ERROR,
    """
    A row asks for a leaflet, a language or a clinic that there is none of.

    What it does: looks them up in the project, and asks whether the leaflet is published in that
    language. The value itself is not shown: where columns have slipped it may be an address.
    Example: `arabic`
    Use instead: `ar`
    """,
)
declare(
    "LF706",
    "unread-column",
    Severity.WARNING,
    """
    A column that sending does not need.

    What it does: names the columns of a list by their place where nothing reads them.
    Why is this bad? A list with names and dates of birth in it says more about people than it must
    when it is lost; and a misspelt `reference` is not printed.
    Use instead: leave the column out when the list is saved.
    """,
)
declare(
    "LF710",
    "unbuilt-edition",
    Severity.ERROR,
    """
    A leaflet that is to be sent is not built, or not from what is written today.

    What it does: looks for its row in the manifest, compares what it was made from with the files
    of today, and the file's digest with the one in the manifest.
    Why is this bad? Somebody would get an old text, or a file that nobody has proofread.
    Use instead: run `build`, then `send` again.
    """,
)
declare(
    "LF711",
    "unanswerable-letter",
    Severity.ERROR,
    """
    Whoever gets a letter could not reach the clinic.

    What it does: asks whether the clinic's file has an email address that is read, or a telephone
    number.
    Why is this bad? A leaflet raises questions, and a wrong address wants to be told.
    Use instead: add `phone`, or an `email` without `email_monitored = false`.
    """,
)
