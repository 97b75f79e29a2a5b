"""LF33: signatures under texts. What nobody has signed is printed as a draft, never as checked."""

from collections.abc import Iterator

from handbill import signoff
from handbill.catalog import scope
from handbill.diagnostics import Fault, Location, Severity
from handbill.model import Project
from handbill.rules import declare, rule


declare(
    "LF330",
    "sign-off-file",
    Severity.ERROR,
    """
    A file of signatures that was edited by hand, or damaged.

    What it does: reads every `locales/<language>/signed/*.json`, and compares each signed text
    with its code.
    Why is this bad? A signature may stand under a text that its person has never seen.
    Use instead: `python build.py sign`.
    """,
)
declare(
    "LF332",
    "unsigned",
    Severity.ERROR,
    """
    A draft in a release.

    What it does: with `build --release`, stops every edition whose English, translation or
    template words lack a signature that the settings ask for.
    Why is this bad? What leaves in a release is taken for checked.
    Use instead: have it read and signed (`python build.py sign`), or name the language in
    `draft-languages` of the settings: its drafts are released, and say on each page that they are.
    """,
)
declare(
    "LF333",
    "refused-signature",
    Severity.ERROR,
    """
    A signature that cannot be recorded.

    What it does: `sign` compares the code that its person read with the text of today, lets nobody
    be translator and second reader of the same text, and refuses a text that has errors.
    Why is this bad? A signature is for what was read, and for nothing else.
    Use instead: print the newest draft, read it, and sign the code at the foot of its pages.
    """,
)


@rule("LF331", "void-signature", Severity.WARNING)
def void_signature(project: Project) -> Iterator[Fault]:
    """A signature that holds no more.

    What it does: compares the text that each person signed with the text of today, and its last
    day with today.
    Why is this bad? Whoever signed believes that the leaflet is out; it has become a draft again.
    Use instead: show them what has changed, and let them sign anew.
    """
    for (tag, domain), sign_off in sorted(project.sign_offs.items()):
        if domain not in project.leaflets and domain not in project.interfaces:
            continue
        now = signoff.standing(project, domain, tag)
        void = [(item, "the text has changed since") for item in now.changed]
        void += [(item, f"it expired on {item.expires}") for item in now.expired]
        for item, why in void:
            yield Fault(
                kind="void-signature",
                location=Location(path=sign_off.path),
                message=f"the {item.role}'s signature of {item.date} is void: {why}",
                hint="see what has changed with python build.py catalog diff; "
                f"today's text is {now.code[: signoff.SHORT]}",
                scope=scope(domain, tag),
            )
