"""A mailing as a process of its own, to be killed: `python -m tests.sender JSON`."""

import json
import sys
import time
from pathlib import Path

from handbill.campaign import Campaign, Pace
from handbill.diagnostics import HandbillError
from handbill.ledger import Ledger
from handbill.submission import Encryption, Server, Submission
from tests.letters import ACCOUNT, letters


def main() -> None:
    """Send the letters that are left."""
    asked = json.loads(sys.argv[1])
    server = Server(
        host="localhost",
        port=asked["port"],
        encryption=Encryption.STARTTLS,
        account=ACCOUNT,
        authority=Path(asked["authority"]),
    )
    pace = Pace(attempts=12, first=0.002, most=0.05)
    with Ledger(Path(asked["ledger"]), clock=time.time) as ledger:
        campaign = Campaign(
            name="june", ledger=ledger, submission=Submission(server), pace=pace, clock=time.time
        )
        for _ in campaign.deliver(letters(asked["count"])):
            pass


if __name__ == "__main__":
    try:
        main()
    except HandbillError as error:
        sys.exit(2 if error.fault.kind == "ledger" else 3)
