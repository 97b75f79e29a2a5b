"""Every rule is specified by a Markdown file: what breaks it, and what does not.

A specification has a part `## Bad` and a part `## Good`. Each holds files, as fenced blocks whose
first line names them, which are laid over the smallest project; an empty file is removed. A block
`findings` says where the rule finds its faults, as `path:line:column`, with a piece of each
message after it. The good part must have none. A part `## Print` beneath the title says that
the rule's faults are met on paper, so the editions are composed and typeset.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from handbill import plan, press, project, rules
from handbill.diagnostics import Diagnostic, Fault
from handbill.model import Project
from tests.conftest import TODAY, in_memory


SPECIFICATIONS = sorted((Path(__file__).parent / "rules").glob("*.md"))
_BLOCK = re.compile(r"^```(\S+)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)

#: Rules about the machine, not about a project: where each is tested instead.
ELSEWHERE = {
    "unreadable-file": "test_cli.py",
    "missing-project": "test_cli.py",
    "missing-library": "test_toolchain.py",
    "unwritable-output": "test_cli.py",
    "unknown-choice": "test_cli.py",
    "lost-worker": "test_runner.py",
    "foreign-toolchain": "test_runner.py",
    "shard-file": "test_shards.py",
    "missing-edition": "test_shards.py",
    "doubled-edition": "test_shards.py",
    "foreign-shard": "test_shards.py",
    "changed-input": "test_shards.py",
    "missing-fonts": "test_cli.py",
    "unreleasable": "test_release.py",
    "release-name": "test_release.py",
    "last-release": "test_release.py",
    "uncommitted": "test_release.py",
    "release-file": "test_release.py",
    "unsafe-archive": "test_release.py",
    "tampered-file": "test_release.py",
    "missing-file": "test_release.py",
    "extra-file": "test_release.py",
    "contradictory-record": "test_release.py",
    "forged-text": "test_release.py",
    "disguised-draft": "test_release.py",
    "expired-release": "test_release.py",
    "unlike-checkout": "test_release.py",
    "other-impression": "test_release.py",
    "page-budget": "test_runner.py",
    "stale-exchange": "test_exchange.py",
    "exchange-file": "test_exchange.py",
    "sheet-budget": "test_runner.py",
    "sign-off-file": "test_signoff.py",
    "void-signature": "test_signoff.py",
    "stale-record": "test_evidence.py",
    "unsigned": "test_signoff.py",
    "refused-signature": "test_signoff.py",
    "unraised-version": "test_editorial.py",
    "self-review": "test_editorial.py",
    "stale-edition": "test_catalogue.py",
    "catalogue-file": "test_catalogue.py",
    "site-file": "test_site.py",
    "heavy-page": "test_site.py",
    "mailing-list": "test_recipients.py",
    "unsafe-text": "test_recipients.py",
    "malformed-address": "test_recipients.py",
    "doubled-recipient": "test_recipients.py",
    "unknown-recipient-choice": "test_recipients.py",
    "unread-column": "test_recipients.py",
    "unbuilt-edition": "test_letters.py",
    "unanswerable-letter": "test_letters.py",
    "print-list": "test_shelf.py",
    "unprintable-draft": "test_printing.py",
    "unready-edition": "test_printing.py",
    "unreachable-printer": "test_printing.py",
    "refusing-printer": "test_spool.py",
    "missing-capability": "test_printer.py",
    "lesser-print": "test_printer.py",
    "failed-job": "test_spool.py",
    "waiting-job": "test_spool.py",
    "doubtful-print": "test_spool.py",
    "ledger": "test_ledger.py",
    "mail-server": "test_submission.py",
    "mail-account": "test_submission.py",
    "mail-signature": "test_submission.py",
    "undeliverable-address": "test_campaign.py",
    "refused-letter": "test_campaign.py",
    "doubtful-letter": "test_campaign.py",
    "unsent-letter": "test_campaign.py",
    "oversized-letter": "test_campaign.py",
}


def part(text: str, title: str) -> str:
    """Return one part of a specification."""
    match = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    return match.group(1) if match else ""


def files(text: str) -> dict[str, str | bytes | None]:
    """Return the files of a part, by name."""
    found: dict[str, str | bytes | None] = {}
    for kind, name, content in _BLOCK.findall(text):
        if name:
            # `latin-1` blocks are for bytes that are not UTF-8, which Markdown cannot hold.
            data = content.encode("latin-1") if kind == "latin-1" else content
            found[name] = data or None
        assert name or kind == "findings", f"a block without a file name: {kind}"
    return found


def printed(loaded: Project) -> Iterator[Fault]:
    """Yield what is met while composing and typesetting a project's editions."""
    for edition in plan.editions(loaded):
        proof = press.compose(plan.job(loaded, edition), "")
        if isinstance(proof, Fault):
            yield proof
        else:
            yield from press.print_proof(proof).faults


def found(text: str, *, on_paper: bool) -> list[Diagnostic]:
    """Check a project with the files of a part, and print it too if asked."""
    loaded = project.load(in_memory(files(text)), today=TODAY)
    diagnostics = list(rules.run(loaded))
    if on_paper:
        diagnostics += [rules.diagnose(fault) for fault in printed(loaded)]
    return list(dict.fromkeys(diagnostics))


@pytest.mark.parametrize("path", SPECIFICATIONS, ids=lambda path: path.stem)
def test_specification(path: Path) -> None:
    """A rule finds what its specification says, where it says, and nothing in the good part."""
    text = path.read_text("utf-8")
    rule_id, _, name = path.stem.partition("-")
    rule = rules.find(rule_id)
    assert rule is not None
    assert name == rule.name
    expected = [
        line
        for kind, _, content in _BLOCK.findall(text)
        if kind == "findings"
        for line in content.splitlines()
    ]
    on_paper = "\n## Print\n" in text

    bad = [item for item in found(part(text, "Bad"), on_paper=on_paper) if item.rule == rule_id]
    good = [item for item in found(part(text, "Good"), on_paper=on_paper) if item.rule == rule_id]

    assert [line.split(" ", 1)[0] for line in expected] == [str(item.location) for item in bad]
    for line, item in zip(expected, bad, strict=True):
        assert line.split(" ", 1)[1] in item.message
    assert expected
    assert good == []


def test_every_rule_is_specified() -> None:
    """No rule ships without a specification, or a named place where it is tested."""
    specified = {path.stem.partition("-")[2] for path in SPECIFICATIONS}

    assert {rule.name for rule in rules.every()} == specified | set(ELSEWHERE)
    for name, module in ELSEWHERE.items():
        assert f'"{name}"' in (Path(__file__).parent / module).read_text("utf-8")


@pytest.mark.parametrize("rule", rules.every(), ids=lambda rule: rule.id)
def test_every_manual_says_why(rule: rules.Rule) -> None:
    """A rule's manual begins with a sentence and says what the rule does."""
    assert rule.summary.endswith(".")
    assert "What it does:" in rule.manual
    assert re.fullmatch(r"LF\d{3}", rule.id)
