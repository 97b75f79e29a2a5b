"""Letters, and the server that they are handed to.

A letter is submitted over SMTP, encrypted and with the server's certificate checked, always. Each
step is driven here, because what a lost connection means depends on one byte: before the last dot
the server has nothing, after it nobody knows until the server has answered.
"""

from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage

from handbill.diagnostics import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What one person is sent.

    Attributes:
        recipient: the address, as the list has it.
        sender: the address that it comes from, and that a returned letter goes to; in ASCII.
        key: the digest of what is enclosed: the same person gets it once in a campaign.
        message: composes it when it is its turn. Asked with `True` it encloses the files, with
            `False` it has links instead, because the server or the settings find it too large.
            `To`, `Date` and `Message-ID` are put in here, and must not be there.
        place: where the list says so.
    """

    recipient: str
    sender: str
    key: str
    message: Callable[[bool], EmailMessage]
    place: Location
