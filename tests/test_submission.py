"""A mail server is talked to in secret, is who it says it is, and has a letter or has it not."""

import base64
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import dkim
import pytest

import handbill
from handbill.diagnostics import Fault, HandbillError
from handbill.post import complete, wire
from handbill.submission import (
    Account,
    Answer,
    Encryption,
    Fate,
    Server,
    Submission,
    UnreachableError,
    _stuffed,
    account,
    meaning,
    signer,
)
from tests.letters import ACCOUNT, SENDER, letter
from tests.mail import Certificates, Post, certificates, run, serving


READER = "reader7@example.org"


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Return certificates for localhost."""
    return certificates(tmp_path_factory.mktemp("certificates"))


def message(number: int = 7, size: int = 100) -> bytes:
    """Return a message as it goes over the wire."""
    composed = letter(number, size=size).message(True)
    return wire(complete(composed, to=READER, number="abc@clinic.example", at=1_700_000_000))


def handed(server: Server, count: int = 1, *, size: int = 100) -> list[Answer]:
    """Hand messages over in one connection."""
    with Submission(server) as submission:
        return [
            submission.submit(SENDER, READER, message(size=size), lambda: None)
            for _ in range(count)
        ]


def refusal(server: Server) -> Fault:
    """Return what a server is told as that takes nothing, and see that it has nothing."""
    with pytest.raises(HandbillError) as caught:
        handed(server)
    fault = caught.value.fault
    assert fault.kind == "mail-server"
    assert fault.hint
    assert ACCOUNT.password not in repr(caught.value)
    return fault


@pytest.mark.parametrize("encryption", Encryption)
def test_a_message_arrives_as_it_was_written(held: Certificates, encryption: Encryption) -> None:
    """Lines with dots, letters of any script and a file come whole, over either encryption."""
    post = Post()
    with serving(post, held, encryption=encryption) as server:
        answers = handed(server, 3)
    (first, *_) = post.accepted

    assert [answer.fate for answer in answers] == [Fate.ACCEPTED] * 3
    assert answers[1].reply == "250 2.0.0"
    assert answers[1].receipt == "000002"
    assert post.connections == 1
    assert first["X-Envelope"] == f'{SENDER}; to="{READER}"'
    assert first["To"] == READER
    assert first["Subject"] == "Your leaflet – نشرتك"
    body, enclosed = first.iter_parts()
    plain, html = body.iter_parts()
    assert plain.get_content().split() == ["Dear", "reader,", ".", "..", "this", "is", "it"]
    assert html.get_content().strip() == "<p lang=ar>هذه هي النشرة</p>"
    assert enclosed.get_filename() == "ورقة.pdf"
    assert enclosed.get_content() == b"%PDF-" + bytes(range(100))


def test_a_strangers_certificate_is_refused(held: Certificates) -> None:
    """Without the authority's file, or under another name, nobody is told a password."""
    post = Post()
    with serving(post, held) as server:
        unknown = refusal(replace(server, authority=None))
        elsewhere = refusal(replace(server, host="127.0.0.1"))

    assert "certificate is refused: unable to get local issuer" in unknown.message
    assert "ip address mismatch" in elsewhere.message
    assert post.accepted == []


def test_nothing_goes_out_in_the_clear(held: Certificates) -> None:
    """A server without STARTTLS is given neither a letter nor a password."""
    post = Post()
    with serving(post, held, tls_context=None, require_starttls=False) as server:
        fault = refusal(server)

    assert "no encryption" in fault.message
    assert post.accepted == []


def test_the_wrong_kind_of_encryption_is_told(held: Certificates) -> None:
    """TLS from the first byte, with a server that begins in the clear, says what it may be."""
    with serving(Post(), held) as server:
        fault = refusal(replace(server, encryption=Encryption.TLS))

    assert "encryption fails" in fault.message
    assert "smtp:// begins in the clear" in fault.hint


@pytest.mark.parametrize(
    ("who", "said"),
    [
        (replace(ACCOUNT, password="wrong"), "refuses the user or the password: 535 5.7.8"),  # noqa: S106
        (None, "takes nothing from this sender: 530 5.7.0"),
    ],
)
def test_a_wrong_password_is_told(held: Certificates, who: Account | None, said: str) -> None:
    """A wrong password, or none where one is wanted, stops everything."""
    with serving(Post(), held) as server:
        fault = refusal(replace(server, account=who))

    assert said in fault.message


def test_a_server_that_asks_step_by_step_is_answered(held: Certificates) -> None:
    """A server that knows only LOGIN gets user and password."""
    with serving(Post(), held, auth_exclude_mechanism=["PLAIN"]) as server:
        (answer,) = handed(server)

    assert answer.fate == Fate.ACCEPTED


def test_a_server_without_passwords_is_not_given_one(held: Certificates) -> None:
    """An account for a server that takes none is told, not left out in silence."""
    nothing = ["PLAIN", "LOGIN"]
    with serving(Post(), held, auth_exclude_mechanism=nothing, auth_required=False) as server:
        fault = refusal(server)
        (answer,) = handed(replace(server, account=None))

    assert "takes no user and password" in fault.message
    assert answer.fate == Fate.ACCEPTED


def test_nobody_there_may_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed port may open again; a host that does not exist will not come to exist."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    closed = Server(host="127.0.0.1", port=port, encryption=Encryption.STARTTLS, step=2)
    with pytest.raises(UnreachableError, match="connection refused"):
        Submission(closed).open()

    def unknown(*_words: object, **_options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    def silent(*_words: object, **_options: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    fault = refusal(replace(closed, host="nobody.invalid"))
    monkeypatch.setattr(socket, "getaddrinfo", silent)
    with pytest.raises(UnreachableError, match="temporary failure"):
        Submission(closed).open()

    assert fault.message == "no such host"
    assert fault.location.path == f"smtp://nobody.invalid:{port}"


@pytest.mark.parametrize(
    ("fault", "expected", "has"),
    [
        ("451 4.7.1 RCPT", Answer(fate=Fate.LATER, reply="451 4.7.1"), 0),
        ("550 5.1.1 RCPT", Answer(fate=Fate.REFUSED, reply="550 5.1.1"), 0),
        ("452 dot", Answer(fate=Fate.LATER, reply="452"), 0),
        ("554 5.7.1 dot", Answer(fate=Fate.REFUSED, reply="554 5.7.1"), 0),
        ("421 4.3.2 RCPT", Answer(fate=Fate.LATER, reply="421 4.3.2", lost=True), 0),
        ("lost RCPT", Answer(fate=Fate.LATER, reply="connection lost", lost=True), 0),
        ("lost DATA", Answer(fate=Fate.LATER, reply="connection lost", lost=True), 0),
        ("lost dot", Answer(fate=Fate.UNKNOWN, reply="connection lost"), 0),
        ("lost answer", Answer(fate=Fate.UNKNOWN, reply="connection lost"), 1),
    ],
)
def test_what_an_answer_means(held: Certificates, fault: str, expected: Answer, has: int) -> None:
    """Before the last dot the server has nothing; after it, only its answer says what it has.

    No answer holds what the server said, which may name somebody; and the next message goes out.
    """
    post = Post(faults={READER: [fault]})
    began: list[int] = []
    with serving(post, held) as server, Submission(server) as submission:
        # More than the system keeps on the way, so that a break within is felt within.
        data = message(size=8_000_000 if fault == "lost DATA" else 100)
        found = submission.submit(SENDER, READER, data, lambda: began.append(len(post.accepted)))
        before = len(post.accepted)
        after = submission.submit(SENDER, READER, message(), lambda: None)

    assert expected == found
    assert before == has
    assert began == ([0] if fault.endswith(("dot", "answer")) else [])
    assert after.fate == Fate.ACCEPTED


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", b"\r\n"),
        (b".", b"..\r\n"),
        (b"a\r\n.\r\n", b"a\r\n..\r\n"),
        # Servers that take one of these for an end would read what follows as commands.
        (b"a\n.\nMAIL", b"a\r\n..\r\nMAIL\r\n"),
        (b"a\r.\r\n.\n", b"a\r\n..\r\n..\r\n"),
        (b"a\r\r\n..\r\n", b"a\r\n\r\n...\r\n"),
    ],
)
def test_nothing_within_a_message_ends_it(data: bytes, expected: bytes) -> None:
    """Whatever ends its lines, a message holds no last dot."""
    assert expected == _stuffed(data)


def test_a_server_has_nothing_before_it_is_written_down(held: Certificates) -> None:
    """Where the intention cannot be written down, the server is left without the last dot."""
    post = Post()

    def full() -> None:
        raise RuntimeError

    with serving(post, held) as server, Submission(server) as submission:
        with pytest.raises(RuntimeError):
            submission.submit(SENDER, READER, message(), full)
        again = submission.submit(SENDER, READER, message(), lambda: None)

    assert again.fate == Fate.ACCEPTED
    assert len(post.accepted) == 1


@pytest.mark.parametrize("fault", ["lost MAIL", "421 4.4.2 MAIL"])
def test_a_connection_that_was_dropped_between_messages_is_made_again(
    held: Certificates, fault: str
) -> None:
    """A server may drop a connection that is not used: nobody's letter suffers."""
    post = Post()
    with serving(post, held) as server, Submission(server) as submission:
        first = submission.submit(SENDER, READER, message(), lambda: None)
        post.faults[SENDER] = [fault]
        second = submission.submit(SENDER, READER, message(), lambda: None)

    assert [first.fate, second.fate] == [Fate.ACCEPTED] * 2
    assert post.connections == 2


@contextmanager
def scripted(held: Certificates, script: Callable[[socket.socket], None]) -> Iterator[Server]:
    """Run a server that takes one connection, encrypted from the first byte, and plays a script."""
    context = held.context()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def play() -> None:
            taken, _ = listening.accept()
            with context.wrap_socket(taken, server_side=True) as line:
                line.sendall(b"220 localhost\r\n")
                script(line)

        thread = threading.Thread(target=play)
        thread.start()
        yield Server(
            host="localhost",
            port=listening.getsockname()[1],
            encryption=Encryption.TLS,
            authority=held.authority,
            step=5,
            answer=0.3,
        )
        thread.join()


def heard(line: socket.socket, end: bytes = b"\r\n") -> bytes:
    """Return what comes up to an end."""
    said = b""
    while not said.endswith(end):
        piece = line.recv(65536)
        if not piece:
            break
        said += piece
    return said


def test_steps_are_given_together_where_they_may(held: Certificates) -> None:
    """With PIPELINING three commands go at once, and a refusal costs the next message nothing."""
    commands: list[bytes] = []

    def script(line: socket.socket) -> None:
        heard(line)
        line.sendall(b"250-localhost\r\n250-SIZE 100000\r\n250 PIPELINING\r\n")
        commands.append(heard(line, b"DATA\r\n"))
        line.sendall(b"250 OK\r\n550 5.1.1 no\r\n503 no recipients\r\n")
        commands.append(heard(line))
        line.sendall(b"250 OK\r\n")
        commands.append(heard(line, b"DATA\r\n"))
        line.sendall(b"250 OK\r\n250 OK\r\n354 go on\r\n")
        commands.append(heard(line, b"\r\n.\r\n"))
        line.sendall(b"250 2.0.0 OK id=1abc-0002\r\n")
        heard(line)

    data = message()
    with scripted(held, script) as server:
        refused, accepted = handed(server, 2)

    together = f"MAIL FROM:<{SENDER}> SIZE={len(data)}\r\nRCPT TO:<{READER}>\r\nDATA\r\n".encode()
    assert [together, b"RSET\r\n", together] == commands[:3]
    assert b"Dear reader,\r\n..\r\n...\r\nthis is it\r\n" in commands[3]
    assert (refused.reply, accepted.receipt) == ("550 5.1.1", "1abc-0002")


def test_a_server_that_waits_for_a_message_without_a_recipient_gets_none(
    held: Certificates,
) -> None:
    """Where DATA is taken though the recipient was not, the connection is dropped."""
    rest: list[bytes] = []

    def script(line: socket.socket) -> None:
        heard(line)
        line.sendall(b"250-localhost\r\n250 PIPELINING\r\n")
        heard(line, b"DATA\r\n")
        line.sendall(b"250 OK\r\n451 later\r\n354 go on\r\n")
        rest.append(heard(line))

    with scripted(held, script) as server:
        (answer,) = handed(server)

    assert answer == Answer(fate=Fate.LATER, reply="451")
    assert rest == [b""]


@pytest.mark.parametrize(
    ("early", "expected"),
    [
        (b"552 too large\r\n", Answer(fate=Fate.REFUSED, reply="552")),
        (b"421 goodbye\r\n", Answer(fate=Fate.LATER, reply="421", lost=True)),
        (b"", Answer(fate=Fate.LATER, reply="connection lost", lost=True)),
    ],
)
def test_an_answer_before_the_end_leaves_no_doubt(
    held: Certificates, early: bytes, expected: Answer
) -> None:
    """What a server says or does before the last dot is heard before the last dot."""
    said = threading.Event()

    def script(line: socket.socket) -> None:
        heard(line)
        line.sendall(b"250 localhost\r\n")
        for answer in (b"250 OK\r\n", b"250 OK\r\n", b"354 go on\r\n"):
            heard(line)
            line.sendall(answer)
        line.sendall(early) if early else line.shutdown(socket.SHUT_RDWR)
        said.set()
        heard(line, b"never")

    def begin() -> None:
        said.wait()
        # Until it has come through the loopback.
        threading.Event().wait(0.05)

    with scripted(held, script) as server, Submission(server) as submission:
        found = submission.submit(SENDER, READER, message(), begin)

    assert expected == found


@pytest.mark.parametrize("final", [b"", b"hello\r\n", b"2" * 10_000])
def test_no_answer_or_none_that_is_understood_leaves_doubt(
    held: Certificates, final: bytes
) -> None:
    """Silence, nonsense and endless lines after the last dot are no answers."""

    def script(line: socket.socket) -> None:
        heard(line)
        line.sendall(b"250 localhost\r\n")
        for answer in (b"250 OK\r\n", b"250 OK\r\n", b"354 go on\r\n"):
            heard(line)
            line.sendall(answer)
        heard(line, b"\r\n.\r\n")
        line.sendall(final)
        heard(line, b"never")

    with scripted(held, script) as server:
        (answer,) = handed(server)

    assert answer.fate == Fate.UNKNOWN


def test_what_a_server_is_called() -> None:
    """A name says how to encrypt, and never who sends."""
    usual = Server.named("smtp://mail.example.org")
    other = Server.named("smtps://mail.example.org:2465", account=ACCOUNT)

    assert (usual.encryption, usual.port) == (Encryption.STARTTLS, 587)
    assert (other.encryption, other.port, other.host) == (Encryption.TLS, 2465, "mail.example.org")
    assert Server.named("smtps://mail.example.org").port == 465
    assert ACCOUNT.password not in repr(other)
    for wrong in ("mail.example.org", "http://x", "smtp://a:b@x", "smtp://x/y", "smtp://x:99999"):
        with pytest.raises(ValueError, match="server"):
            Server.named(wrong)
    for secret in ("smtp://user:s3c/ret@x", "smtp://user:s3c", "smtp://u:s3c\u2100@x"):
        with pytest.raises(ValueError, match="server") as told:
            Server.named(secret)
        assert "s3c" not in str(told.value)


def test_a_host_that_cannot_be_is_told() -> None:
    """A slip in a host's name is a finding, not a crash."""
    server = Server.named("smtp://mail..example.org")
    with pytest.raises(HandbillError, match="mail") as told, Submission(server) as submission:
        submission.open()

    assert told.value.fault.kind == "mail-server"


def test_an_account_is_nobody_elses(tmp_path: Path) -> None:
    """User and password come from a file of their owner's or from the environment, or not."""
    file = tmp_path / "account.toml"
    file.write_text('user = "clinic"\npassword = "gänseblümchen"\n', "utf-8")
    file.chmod(0o600)
    both = {"HANDBILL_SMTP_USER": "clinic", "HANDBILL_SMTP_PASSWORD": "gänseblümchen"}

    assert account({}, file) == ACCOUNT
    assert account(both, None) == ACCOUNT
    assert account({}, None) is None


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        ('user = "a"\npassword = "geheim"\n', 0o640, "others can read it"),
        ('user = "a"\n', 0o600, "not a file with a user and a password"),
        ("user geheim", 0o600, "not a file with a user and a password"),
        ('user = "a"\npassword = ""\n', 0o600, "more than two texts"),
        ('user = "a"\npassword = "geheim"\nhost = "x"\n', 0o600, "more than two texts"),
        ('user = "\xff"', 0o600, "not UTF-8"),
        (None, 0o600, "no such file"),
    ],
)
def test_a_doubtful_account_is_refused(
    tmp_path: Path, text: str | None, mode: int, said: str
) -> None:
    """A file that others can read, or that lacks something, is told without what it holds."""
    file = tmp_path / "account.toml"
    if text is not None:
        file.write_bytes(text.encode("latin-1"))
        file.chmod(mode)
    with pytest.raises(HandbillError) as caught:
        account({}, file)

    assert caught.value.fault.kind == "mail-account"
    assert said in caught.value.fault.message
    assert "geheim" not in str(caught.value)


def test_half_an_account_is_none() -> None:
    """A user without a password is a mistake, not a server that needs none."""
    with pytest.raises(HandbillError, match="HANDBILL_SMTP_PASSWORD is not set"):
        account({"HANDBILL_SMTP_USER": "clinic"}, None)


def test_codes_are_told_in_words() -> None:
    """A reply's codes are told with what they mean, where that is known."""
    assert meaning("550 5.1.1") == "550 5.1.1 (no such mailbox)"
    assert meaning("550") == "550"
    assert meaning("connection lost") == "connection lost"


def test_a_message_is_signed_for_its_domain(held: Certificates, tmp_path: Path) -> None:
    """A signature made with a domain's key holds at the other end, and for nothing else."""
    key, public = tmp_path / "dkim.key", tmp_path / "dkim.der"
    run("openssl", "genrsa", "-traditional", "-out", key, "2048")
    run("openssl", "rsa", "-in", key, "-pubout", "-outform", "DER", "-out", public)
    key.chmod(0o600)
    sign = signer(domain="clinic.example", selector="june", file=key)
    signed = sign(message())
    post = Post()
    with serving(post, held) as server, Submission(server) as submission:
        submission.submit(SENDER, READER, signed, lambda: None)

    def published(name: bytes, timeout: int = 5) -> bytes:
        assert name == b"june._domainkey.clinic.example."
        assert timeout
        return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public.read_bytes())

    (arrived,) = post.raw
    assert dkim.verify(arrived, dnsfunc=published)
    assert not dkim.verify(arrived.replace(b"Dear", b"Dead"), dnsfunc=published)


@pytest.mark.parametrize(("content", "mode"), [("no key", 0o600), ("", 0o600), ("x", 0o644)])
def test_a_key_that_cannot_sign_is_told(tmp_path: Path, content: str, mode: int) -> None:
    """A file that is no key, or that others can read, is told before anything goes out."""
    key = tmp_path / "dkim.key"
    key.write_text(content)
    key.chmod(mode)
    with pytest.raises(HandbillError) as caught:
        signer(domain="clinic.example", selector="june", file=key)

    assert caught.value.fault.kind == "mail-signature"


def test_who_signs_without_the_package_is_told_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody's letters go out unsigned because a package is not there."""
    key = tmp_path / "dkim.key"
    key.touch(0o600)
    monkeypatch.setitem(sys.modules, "dkim", None)
    monkeypatch.delitem(sys.modules, "handbill.domainkey", raising=False)
    monkeypatch.delattr(handbill, "domainkey", raising=False)
    with pytest.raises(HandbillError, match="dkim is not installed") as caught:
        signer(domain="clinic.example", selector="june", file=key)

    assert "handbill[dkim]" in caught.value.fault.hint
