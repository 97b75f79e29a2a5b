"""Letters: what one person is sent, the addresses that they go to, and how they go over a wire.

Knows nothing of servers. The only importer of idna.
"""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from unicodedata import normalize

from handbill.diagnostics import Location


#: Quoted local parts are legal, and nobody has one.
_ADDRESS = re.compile(r"[^\s<>@\"]+@[^\s<>@\"]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What one person is sent.

    Attributes:
        recipient: the address, as the list has it.
        sender: the address that it comes from, and that a returned letter goes to; in ASCII.
        key: the digest of which leaflets it brings: the same person gets them once in a campaign.
        message: composes it when it is its turn. Asked with `True` it encloses the files, with
            `False` it has links instead, because the server or the settings find it too large.
            `To`, `Date` and `Message-ID` are put in here, and must not be there.
        place: where the list says so.
    """

    recipient: str = field(repr=False)
    sender: str
    key: str
    message: Callable[[bool], EmailMessage] = field(repr=False)
    place: Location


class UndeliverableError(Exception):
    """An address that this server cannot send to; the message does not repeat it."""


def identity(address: str) -> str:
    """Return what is the same for all ways of writing an address.

    Whether `Jane@` and `jane@` are one mailbox is for their server to say; nearly all say yes, and
    nobody is to get a letter twice.

    Raises:
        UndeliverableError: it is not an address.
    """
    return routable(address).casefold()


def routable(address: str) -> str:
    """Return an address with its domain as the mail system has it: in ASCII (IDNA 2008).

    Raises:
        UndeliverableError: it is not an address.
    """
    address = normalize("NFC", address)
    local, _, domain = address.rpartition("@")
    if not _ADDRESS.fullmatch(address) or not address.isprintable():
        raise UndeliverableError("not an address")
    if not domain.isascii():
        # Loads tables of all scripts, for few addresses.
        import idna  # noqa: PLC0415

        try:
            domain = idna.encode(domain, uts46=True).decode()
        except idna.IDNAError as error:
            # Its message repeats the domain, and so does its traceback.
            del error
            domain = ""
    if not domain:
        raise UndeliverableError("its domain cannot be written in ASCII")
    return f"{local}@{domain}"


def complete(message: EmailMessage, *, to: str, number: str, at: float) -> EmailMessage:
    """Put in what only the one who sends knows: to whom, by what number, and when."""
    for name in ("To", "Date", "Message-ID"):
        if name in message:
            text = f"a composed message has no {name}"
            raise ValueError(text)
    local, _, domain = to.rpartition("@")
    message["To"] = Address(username=local, domain=domain)
    message["Date"] = dt.datetime.fromtimestamp(at, dt.UTC)
    message["Message-ID"] = f"<{number}>"
    return message


def wire(message: EmailMessage) -> bytes:
    """Write a message as it goes over a wire: lines that end in CR LF, all of them in ASCII.

    Only a local part that is not ASCII makes headers in UTF-8.
    """
    utf8 = not str(message["To"]).isascii()
    return message.as_bytes(policy=SMTP.clone(utf8=utf8, cte_type="7bit", max_line_length=78))
