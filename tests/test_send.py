"""The command that sends, as a whole process, to a mail server that is one."""

import json
import os
import re
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from handbill.ledger import FOLDER, Item, Ledger
from tests.conftest import in_memory, on_disk
from tests.letters import ACCOUNT
from tests.mail import Certificates, Post, certificates, serving
from tests.test_cli import command, handbill
from tests.test_letters import SETTINGS, TAGS, files, signed


pytestmark = pytest.mark.slow

HEAD = "address;language;leaflets;clinic;reference\n"
ROWS = "anna@example.net;es;hands;one;A-17\nbadr@example.net;ar;hands;one;\n"
#: What no log may hold.
PERSONAL = re.compile(r"anna|badr|example\.net|A-17")
#: Found when the process asks for today: the made-up signatures are of this day.
TODAY = ("--today", "2026-11-24")


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Return certificates for localhost."""
    return certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small project that is signed and built, in English, Spanish and Arabic."""
    folder = on_disk(tmp_path_factory.mktemp("send") / "project")
    found = files()
    found[SETTINGS] = '[tool.handbill]\nlanguages = ["es", "ar"]\n'
    clinic = str(found["content/clinics/one.toml"]).replace('"large-print", ', "")
    found["content/clinics/one.toml"] = clinic
    found = {path: data for path, data in found.items() if "zh-Hans" not in path}
    found["locales/languages.toml"] = in_memory({}).files["locales/languages.toml"]
    for path, data in signed(found, tags=TAGS[:3]).items():
        assert data is not None
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data.encode() if isinstance(data, str) else data)
    built = handbill(folder, "build", "--release")
    assert built.returncode == 0, built.stderr
    return folder


@pytest.fixture
def post(held: Certificates) -> Iterator[tuple[Post, list[str]]]:
    """Return a mail server, and the options that name it."""
    post = Post()
    with serving(post, held) as server:
        words = ["--server", f"smtp://localhost:{server.port}", "--authority", str(held.authority)]
        yield post, [*words, "--from", "leaflets@one.example", "--rate", "6000"]


def send(
    root: Path, *arguments: str, typed: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Send, as somebody with an account; nothing personal is in what is printed."""
    account = {"HANDBILL_SMTP_USER": ACCOUNT.user, "HANDBILL_SMTP_PASSWORD": ACCOUNT.password}
    done = subprocess.run(
        command(root, "send", *arguments, *TODAY),
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
        input=typed,
        env={**os.environ, "NO_COLOR": "1", **account, **environment},
    )
    assert not PERSONAL.search(done.stdout + done.stderr.replace(str(root), "")), done.stderr
    return done


def listed(folder: Path, rows: str) -> str:
    """Write a list."""
    path = folder / "list.csv"
    path.write_text(HEAD + rows, "utf-8-sig")
    return str(path)


def test_a_list_is_sent_and_nobody_gets_anything_twice(
    root: Path, post: tuple[Post, list[str]], tmp_path: Path
) -> None:
    """Each in the right language, with the built file; the same command again sends nothing."""
    server, words = post
    arguments = [listed(tmp_path, ROWS), "--campaign", "first", *words]
    done = send(root, *arguments)

    assert done.returncode == 0, done.stderr
    assert "[2/2]" in done.stderr
    assert [str(item["To"]) for item in server.accepted] == ["anna@example.net", "badr@example.net"]
    for message, tag, words_of_tag in zip(
        server.accepted, ("es", "ar"), ("Su folleto de", "نشرتك من"), strict=True
    ):
        paper, *_ = message.iter_attachments()
        assert paper.get_content() == (root / f"output/one/{tag}/hands.a4.pdf").read_bytes()
        assert words_of_tag in message["Subject"]
        assert message["Date"]
        assert message["X-Envelope"].startswith("leaflets@one.example")
    again = send(root, *arguments, "--resume")
    assert again.returncode == 0
    assert len(server.accepted) == 2
    assert "campaign first: 2 delivered before" in again.stderr
    status = send(root, "--status")
    assert status.stdout == "first: 2 delivered\n"
    kept = b"".join(path.read_bytes() for path in (root / ".handbill").iterdir())
    assert b"anna" not in kept


def test_one_person_is_sent_to_by_hand(root: Path, post: tuple[Post, list[str]]) -> None:
    """The address is read from stdin, so that no list of processes shows it."""
    server, words = post
    one = ["--to", "-", "--language", "en", "--leaflet", "hands", "--clinic", "one"]
    done = send(root, *one, *words, typed="anna@example.net\n")

    assert done.returncode == 0, done.stderr
    assert [str(item["To"]) for item in server.accepted] == ["anna@example.net"]
    assert "campaign 2026-11-24: 1 delivered" in done.stderr
    wrong = send(root, *one[:4], "--leaflet", "hand", "--clinic", "one", *words, typed="anna\n")
    assert wrong.returncode == 1
    assert "--to:1:1: LF703" in wrong.stderr
    assert "--leaflet:1:1: LF705" in wrong.stderr
    assert len(server.accepted) == 1


def test_one_mistake_in_a_list_stops_all_of_it(
    root: Path, post: tuple[Post, list[str]], tmp_path: Path
) -> None:
    """Every mistake is told, with its row; not even the first row goes out."""
    server, words = post
    rows = ROWS + "anna@example.net;fr;hands;one;\nanna.example.net;es;hands;one;\n"
    done = send(root, listed(tmp_path, rows), "--campaign", "wrong", *words)

    assert done.returncode == 1
    assert "list.csv:4:18: LF705" in done.stderr
    assert "list.csv:5:1: LF703" in done.stderr
    assert "nothing was sent" in done.stderr
    assert server.accepted == []


def test_a_letter_in_doubt_waits_for_a_person(
    root: Path, post: tuple[Post, list[str]], tmp_path: Path
) -> None:
    """It is told with its Message-ID, kept as it is, and settled by what somebody found out."""
    server, words = post
    server.faults["anna@example.net"] = ["lost answer"]
    arguments = [listed(tmp_path, ROWS), "--campaign", "doubt", *words]
    first, second = send(root, *arguments), send(root, *arguments)

    for done in (first, second):
        assert done.returncode == 1
        assert "list.csv:2:1: LF755" in done.stderr
        assert f"Message-ID {server.numbers()[0]}" in done.stderr
        assert "--doubtful delivered" in done.stderr
    settled = send(root, *arguments, "--doubtful", "delivered")
    assert settled.returncode == 0
    assert len(server.accepted) == 2


def test_a_person_at_a_terminal_is_asked(
    root: Path, post: tuple[Post, list[str]], tmp_path: Path
) -> None:
    """What is to become of a letter in doubt; an answer that is none is asked for again."""
    server, words = post
    server.faults["anna@example.net"] = ["lost answer"]
    arguments = [listed(tmp_path, ROWS), "--campaign", "asked", *words]
    assert send(root, *arguments).returncode == 1
    account = {"HANDBILL_SMTP_USER": ACCOUNT.user, "HANDBILL_SMTP_PASSWORD": ACCOUNT.password}
    ours, theirs = os.openpty()
    os.write(ours, b"what?\na\n")
    with os.fdopen(theirs, "r+b", buffering=0) as terminal:
        done = subprocess.run(
            command(root, "send", *arguments, *TODAY),
            check=False,
            stdin=terminal,
            stdout=subprocess.PIPE,
            stderr=terminal,
            env={**os.environ, **account},
        )
    said = os.read(ours, 100_000).decode()
    os.close(ours)

    assert done.returncode == 0, said
    assert said.count("k to keep it as it is") == 2
    assert f"for the server's log: {server.numbers()[0]}" in said
    assert not PERSONAL.search(said)
    # Both copies have one Message-ID.
    numbers = [
        str(item["Message-ID"]) for item in server.accepted if item["To"] == "anna@example.net"
    ]
    assert len(numbers) == 2
    assert len(set(numbers)) == 1


def test_a_refused_letter_goes_out_again_only_when_asked(
    root: Path, post: tuple[Post, list[str]], tmp_path: Path
) -> None:
    """Its row is told each time."""
    server, words = post
    server.faults["anna@example.net"] = ["550 5.1.1 RCPT"]
    arguments = [listed(tmp_path, ROWS), "--campaign", "refused", *words]
    for done in (send(root, *arguments), send(root, *arguments)):
        assert done.returncode == 1
        assert "list.csv:2:1: LF754" in done.stderr
    assert send(root, *arguments, "--refused", "again").returncode == 0
    assert sorted(str(item["To"])[0] for item in server.accepted) == ["a", "b"]


def test_a_dry_run_writes_what_would_be_sent(root: Path, tmp_path: Path) -> None:
    """Files that only their owner can read, whose names name nobody; no server is asked."""
    folder = tmp_path / "letters"
    arguments = [listed(tmp_path, ROWS), "--from", "leaflets@one.example"]
    done = send(root, *arguments, "--dry-run", str(folder))

    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["row-2.eml", "row-3.eml"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert b"To: anna@example.net\r\n" in (folder / "row-2.eml").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "a@example.com", "--dry-run", "x"], "--from:1:1: LF009"),
        (["list.csv"], "--campaign:1:1: LF009"),
        ([], "name a list, or one person with --to"),
        (["list.csv", "--to", "-"], "name a list, or one person with --to"),
        (["--campaign", "frist", "--status"], "did you mean 'first'?"),
        (["--to", "-", "--from", "anna"], "--from:1:1: LF703"),
        (["none.csv", "--campaign", "x", "--from", "a@one.example"], "LF004"),
    ],
)
def test_what_cannot_be_sent_is_told_at_once(root: Path, arguments: list[str], said: str) -> None:
    """With what to write instead; status 2."""
    if "frist" in arguments:
        with Ledger(root / FOLDER, clock=lambda: 0.0) as ledger:
            ledger.plan(Item(campaign="first", recipient="x", thing="y"))
    done = send(root, *arguments)

    assert done.returncode == 2
    assert said in done.stderr


def test_print_runs_are_no_mailings(root: Path, tmp_path: Path) -> None:
    """One ledger holds both; letters are counted without them, and never take their names."""
    with Ledger(tmp_path / FOLDER, clock=lambda: 0.0) as ledger:
        for name in ("autumn", "print:0123456789abcdef:1", "print run monday", "print:recycled"):
            ledger.plan(Item(campaign=name, recipient="x", thing="y"))
    done = send(tmp_path, "--status")

    assert done.stdout == "autumn: 1 planned\n"
    assert send(root, "list.csv", "--campaign", "print:recycled").returncode == 2


def test_a_server_is_named_and_a_password_in_its_name_is_not_repeated(
    root: Path, tmp_path: Path
) -> None:
    """Nothing is sent in the clear, and to nobody by guesswork."""
    arguments = [listed(tmp_path, ROWS), "--campaign", "none", "--from", "leaflets@one.example"]
    assert "--server:1:1: LF009" in send(root, *arguments).stderr
    done = send(root, *arguments, "--server", "smtp://clinic:secret@localhost")

    assert done.returncode == 2
    assert "secret" not in done.stderr
    assert "a host and a port, and nothing else" in done.stderr


def test_what_is_not_built_or_not_signed_is_not_sent(
    root: Path, tmp_path: Path, post: tuple[Post, list[str]]
) -> None:
    """After a change of the text: build it; after that: sign it, or say that drafts may go."""
    server, words = post
    arguments = [listed(tmp_path, ROWS), "--campaign", "changed", *words]
    catalog = root / "locales/es/LC_MESSAGES/hands.po"
    before = catalog.read_bytes()
    try:
        catalog.write_bytes(before.replace(b"20 segundos", b"20  segundos"))
        changed = send(root, *arguments)
        built = handbill(root, "build", "--language", "es")
        unsigned = send(root, *arguments)
        drafts = send(root, *arguments, "--allow-draft")
    finally:
        catalog.write_bytes(before)
        handbill(root)

    assert built.returncode == 0
    assert "output" not in changed.stdout
    assert "one/es/hands.a4.pdf:1:1: LF710 unbuilt-edition" in changed.stderr
    assert "build --leaflet hands --language es" in changed.stderr
    assert "locales/es/signed/hands.json:1:1: LF332 unsigned" in unsigned.stderr
    assert (changed.returncode, unsigned.returncode, drafts.returncode) == (1, 1, 0)
    subjects = {str(item["To"])[0]: str(item["Subject"]) for item in server.accepted}
    assert subjects["a"].startswith("BORRADOR: ")
    assert "مسودة" not in subjects["b"]


def test_daily_use_is_short(
    root: Path, tmp_path: Path, post: tuple[Post, list[str]], held: Certificates
) -> None:
    """Server, sender and account stand in the settings; no edition is made anew for that."""
    server, words = post
    account = tmp_path / "account.toml"
    account.write_text(
        f"user = {json.dumps(ACCOUNT.user)}\npassword = {json.dumps(ACCOUNT.password)}"
    )
    account.chmod(0o600)
    settings = root / SETTINGS
    before = settings.read_text("utf-8")
    more = f"""
[tool.handbill.email]
server = "{words[1]}"
from = "Leaflets of One <leaflets@one.example>"
account = "{account}"
authority = "{held.authority}"
rate = 6000
subject-names-leaflet = true
"""
    try:
        settings.write_text(before + more, "utf-8")
        environment = {"HANDBILL_SMTP_USER": "", "HANDBILL_SMTP_PASSWORD": ""}
        done = send(root, listed(tmp_path, ROWS), "--campaign", "short", **environment)
    finally:
        settings.write_text(before, "utf-8")

    assert done.returncode == 0, done.stderr
    assert server.accepted[0]["From"] == "Leaflets of One <leaflets@one.example>"
    assert server.accepted[0]["Subject"] == "Manos limpias – Clinic One"
