"""LF16: what standards ask, and what persons have recorded. No edition stops for it."""

from collections.abc import Iterator

from handbill import rules, signoff, standards
from handbill.diagnostics import Fault, Severity
from handbill.model import Project
from handbill.rules import declare, rule
from handbill.tables import nearest


@rule("LF160", "standards-file", Severity.ERROR)
def standards_file(project: Project) -> Iterator[Fault]:
    """A mistake in content/standards.toml.

    What it does: checks every key and value of the file, and looks up every rule that it names.
    Why is this bad? A criterion whose rule has another name would say that nothing was found.
    Example: `rules = ["LF126"]`
    Use instead: `rules = ["vague-link"]`
    """
    known = [item.name for item in rules.every()]
    for criterion in project.criteria:
        for name in criterion.rules:
            if name not in known:
                found = rules.find(name)
                yield Fault(
                    kind="standards-file",
                    location=criterion.location,
                    message=f"{criterion.id}: no rule is called {name!r}",
                    hint=f"write {found.name!r}" if found else nearest(name, known),
                    scope=standards.scope(None),
                )


declare(
    "LF161",
    "record-file",
    Severity.ERROR,
    """
    A mistake in a record.toml.

    What it does: checks every key and value of what persons have recorded.
    Why is this bad? A misspelt key is a record that nobody counts.
    Example: `says = "yes"`
    Use instead: `says = "agree"`
    """,
)


@rule("LF162", "unknown-criterion", Severity.ERROR)
def unknown_criterion(project: Project) -> Iterator[Fault]:
    """A record of something that content/standards.toml does not ask, or of an unknown language.

    What it does: looks up the criterion and the language of every record. What is asked of those
    who publish is recorded in content/record.toml, all else beside the leaflet.
    Why is this bad? Somebody has done the work, and no report would say so.
    Example: `criterion = "PEMAT 15"`
    Use instead: `criterion = "PEMAT-P 15"`
    """
    known = {criterion.id: criterion for criterion in project.criteria}
    tags = (project.settings.source_language, *project.settings.languages)
    for leaflet, records in project.records.items():
        for record in records:
            criterion = known.get(record.criterion)
            message = hint = ""
            if criterion is None:
                message = f"no criterion is called {record.criterion!r}"
                hint = nearest(record.criterion, known) or f"see {standards.STANDARDS}"
            elif criterion.publisher == bool(leaflet):
                right = "" if criterion.publisher else "<id>"
                message = f"{criterion.id} is not recorded here"
                hint = f"record it in {standards.record_path(right)}"
            elif record.language and record.language not in tags:
                message = f"nothing is published in {record.language!r}"
                hint = f"the languages are {', '.join(tags)}"
            if message:
                yield Fault(
                    kind="unknown-criterion",
                    location=record.location,
                    message=message,
                    hint=hint,
                    scope=standards.scope(leaflet or None),
                )


@rule("LF163", "stale-record", Severity.WARNING)
def stale_record(project: Project) -> Iterator[Fault]:
    """A record that counts no more.

    What it does: compares the code of the text that the person had read with the code of today's.
    What is recorded of those who publish holds as long as a signature does.
    Why is this bad? What was true of another text may not be true of this one.
    Use instead: let the person read what has changed, and write the new code and day.
    """
    for leaflet, records in project.records.items():
        for record in records:
            if why := signoff.outdated(project, leaflet, record):
                yield Fault(
                    kind="stale-record",
                    location=record.location,
                    message=f"{record.by}’s record of {record.criterion} counts no more: {why}",
                    hint="let the person look again, and write the new day and text",
                    scope=standards.scope(leaflet or None),
                )


@rule("LF164", "future-record", Severity.ERROR)
def future_record(project: Project) -> Iterator[Fault]:
    """A record of a day that is yet to come.

    What it does: compares the day of every record with today.
    Why is this bad? Nobody has read a text tomorrow; the day, or the year, is mistyped.
    Example: `on = 2062-11-24`
    Use instead: `on = 2026-11-24`
    """
    for leaflet, records in project.records.items():
        for record in records:
            if record.on > project.today:
                yield Fault(
                    kind="future-record",
                    location=record.location,
                    message=f"{record.by}’s record of {record.criterion} is of {record.on}",
                    hint="write the day on which it was read",
                    scope=standards.scope(leaflet or None),
                )
