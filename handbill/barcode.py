"""QR codes, for readers who have paper and a phone. The only importer of segno."""

import io

import segno


#: The light margin around a code, in modules (ISO/IEC 18004:2015, 9.1).
_QUIET_ZONE = 4


def svg(address: str) -> bytes:
    """Draw an address as a QR code (ISO/IEC 18004), its quiet zone included, without a size.

    It can be read with up to 15 % of it spoilt (level M), or more where that costs no room.
    """
    output = io.BytesIO()
    segno.make_qr(address, error="m").save(
        output,
        kind="svg",
        border=_QUIET_ZONE,
        dark="#000",
        light="#fff",
        omitsize=True,
        xmldecl=False,
    )
    return output.getvalue()
