"""What a PDF still lacks when WeasyPrint has painted it."""

import zlib

import pydyf
import pytest

from handbill import finish


@pytest.mark.parametrize("ending", [b"\n", b"\r"])
@pytest.mark.parametrize("extra", [{}, {"Length1": 0}], ids=["page", "font"])
def test_no_packed_stream_ends_like_a_line(ending: bytes, extra: dict[str, int]) -> None:
    """Adler-32, the end of a packed stream, may be such a byte; noughts added would keep it so."""
    # The sum of the bytes, and one, is the last byte.
    plain = bytes([ending[0] - 1])
    assert zlib.compress(plain)[-1:] == ending
    stream = pydyf.Stream([plain], dict(extra), compress=True)

    finish._settle(stream)

    packed = stream.stream[0]
    assert packed[-1:] not in {b"\n", b"\r"}
    assert zlib.decompress(packed).startswith(plain)
    assert stream.extra.get("Length1") in {None, len(zlib.decompress(packed))}
