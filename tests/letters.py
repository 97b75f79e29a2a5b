"""Made-up letters, and who sends them. Loads no server: a sender that is killed starts often."""

from email.message import EmailMessage

from handbill.diagnostics import Location
from handbill.post import Letter
from handbill.submission import Account


ACCOUNT = Account(user="clinic", password="gänseblümchen")  # noqa: S106 - of the server below
SENDER = "leaflets@clinic.example"


def letter(number: int, *, recipient: str = "", size: int = 100) -> Letter:
    """Return a made-up letter."""

    def compose(enclosed: bool) -> EmailMessage:  # noqa: FBT001 - as letters are asked
        message = EmailMessage()
        message["From"] = SENDER
        message["Subject"] = "Your leaflet – نشرتك"
        message.set_content("Dear reader,\n.\n..\nthis is it\n")
        message.add_alternative("<p lang=ar>هذه هي النشرة</p>", subtype="html")
        if enclosed:
            data = b"%PDF-" + (bytes(range(256)) * (size // 256 + 1))[:size]
            message.add_attachment(data, maintype="application", subtype="pdf", filename="ورقة.pdf")
        return message

    return Letter(
        recipient=recipient or f"reader{number}@example.org",
        sender=SENDER,
        key=f"leaflet-{number % 3}",
        message=compose,
        place=Location(path="list.csv", line=number + 2),
    )


def letters(count: int) -> list[Letter]:
    """Return made-up letters."""
    return [letter(number) for number in range(count)]
