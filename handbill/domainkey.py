"""Sign messages for their domain (DKIM, RFC 6376). The only importer of dkimpy.

Few need it: a clinic's own mail server usually signs all that it sends on.
"""

from collections.abc import Callable

import dkim


class KeyRefusedError(Exception):
    """What should be a key is none, or not one that can sign."""


def signer(*, domain: str, selector: str, key: bytes) -> Callable[[bytes], bytes]:
    """Return what signs a message, as it goes over the wire, for a domain.

    Args:
        domain: of the sender.
        selector: the name under which the domain publishes its public key.
        key: the private key, RSA, in PEM.

    Raises:
        KeyRefusedError: it cannot sign.
    """

    def sign(data: bytes) -> bytes:
        header: bytes = dkim.sign(
            data,
            selector.encode(),
            domain.encode(),
            key,
            canonicalize=(b"relaxed", b"relaxed"),
        )
        return header + data

    try:
        sign(b"From: <nobody@example.org>\r\n\r\n")
    except (dkim.DKIMException, ValueError, IndexError) as error:
        # A parser's message may repeat what it has read: a secret.
        message = f"it cannot sign: {type(error).__name__}"
        raise KeyRefusedError(message) from None
    return sign
