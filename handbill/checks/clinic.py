"""LF6: clinics, and the values that leaflets print of them."""

from collections.abc import Iterator
from itertools import product

from handbill.diagnostics import Fault, Location, Scope, Severity
from handbill.model import Project
from handbill.project import SLOTS
from handbill.rules import declare, rule
from handbill.tables import nearest


declare(
    "LF601",
    "clinic-file",
    Severity.ERROR,
    """
    A mistake in a content/clinics/<id>.toml, or in a content/countries/<CC>.toml.

    What it does: checks every key and value of the file.
    Why is this bad? A misspelt key is a telephone number that is not printed.
    Example: `phnoe = "0808 157 0123"`
    Use instead: `phone = "0808 157 0123"`
    """,
)


@rule("LF602", "missing-slot", Severity.ERROR)
def missing_slot(project: Project) -> Iterator[Fault]:
    """A leaflet prints a value that the clinic's file does not give.

    What it does: looks up every `{{ clinic.… }}` of every leaflet in every clinic.
    Why is this bad? "Call  now if someone:" helps nobody.
    Example: `Call {{ clinic.emergency_number }} now` for a clinic without `emergency_number`
    Use instead: add the value to the clinic's file.
    """
    for clinic in project.clinics.values():
        for leaflet in project.leaflets.values():
            printed = (ref for ref in leaflet.outline.slots if clinic.prints(ref.boxes))
            for slot in dict.fromkeys(ref.name for ref in printed):
                if slot in clinic.slots and not clinic.slots[slot].strip():
                    yield Fault(
                        kind="missing-slot",
                        location=Location(path=clinic.path),
                        message=f"no {slot.removeprefix('clinic.')}, which {leaflet.id} prints",
                        hint=f'add {slot.removeprefix("clinic.")} = "…"',
                        scope=Scope(leaflet=leaflet.id, clinic=clinic.id),
                    )


@rule("LF603", "unknown-slot", Severity.ERROR)
def unknown_slot(project: Project) -> Iterator[Fault]:
    """A leaflet asks for a value that no clinic can have.

    What it does: compares each `{{ … }}` with the list of slots.
    Why is this bad? There is nothing to print in its place.
    Example: `{{ clinic.telephone }}`
    Use instead: `{{ clinic.phone }}`
    """
    known = [f"clinic.{name}" for name in SLOTS]
    for leaflet in project.leaflets.values():
        for ref in leaflet.outline.slots:
            if ref.name not in known:
                yield Fault(
                    kind="unknown-slot",
                    location=Location(path=leaflet.path, line=ref.line, column=ref.column),
                    message=f"no slot is called {ref.name!r}",
                    hint=nearest(ref.name, known) or f"the slots are {', '.join(known)}",
                    scope=Scope(leaflet=leaflet.id),
                )


@rule("LF604", "unknown-format", Severity.ERROR)
def unknown_format(project: Project) -> Iterator[Fault]:
    """A clinic asks for a format that templates/formats does not have.

    What it does: looks for the format's folder.
    Why is this bad? The clinic would silently get nothing.
    Example: `formats = ["A4"]`
    Use instead: `formats = ["a4"]`
    """
    for clinic in project.clinics.values():
        for name in clinic.formats:
            if name not in project.formats:
                yield Fault(
                    kind="unknown-format",
                    location=clinic.locations["formats"],
                    message=f"no format is called {name!r}",
                    hint=nearest(name.lower(), project.formats)
                    or f"the formats are {', '.join(project.formats)}",
                    scope=Scope(clinic=clinic.id),
                )


@rule("LF605", "missing-choice", Severity.ERROR)
def missing_choice(project: Project) -> Iterator[Fault]:
    """A leaflet has local variants, and the clinic has not said which one it prints.

    What it does: looks for the choice of every `!!! variant NAME OPTION` in the file of each
    clinic, or of its country.
    Why is this bad? Clinics differ in what they do, and a patient must read what this one does. No
    variant is printed because it stands first.
    Example: a clinic without `[choices.blisters]` and a leaflet with `!!! variant blisters leave`
    Use instead: `[choices.blisters]` with `is = "leave"`, and `by` and `on` for who has chosen.
    """
    for leaflet in project.leaflets.values():
        asked = leaflet.outline.options.items()
        for clinic, (name, options) in product(project.clinics.values(), asked):
            choice = clinic.choices.get(name)
            listed = " or ".join(f"{option!r}" for option in options)
            if choice is None:
                yield Fault(
                    kind="missing-choice",
                    location=Location(path=clinic.path),
                    message=f"no choice of {name!r}, which {leaflet.id} asks for",
                    hint=f"add [choices.{name}] with is = one of {listed}",
                    scope=Scope(leaflet=leaflet.id, clinic=clinic.id),
                )
            elif choice.option not in options:
                yield Fault(
                    kind="missing-choice",
                    location=choice.location,
                    message=f"{leaflet.id} has no variant {choice.option!r} of {name!r}",
                    hint=nearest(choice.option, options) or f"it has {listed}",
                    scope=Scope(leaflet=leaflet.id, clinic=clinic.id),
                )


@rule("LF606", "unused-choice", Severity.WARNING)
def unused_choice(project: Project) -> Iterator[Fault]:
    """A clinic has chosen between variants that no leaflet has.

    What it does: looks for a `!!! variant` of every choice.
    Why is this bad? Somebody believes that a leaflet says what the clinic does.
    Example: `[choices.blister]`
    Use instead: `[choices.blisters]`
    """
    offered = {name for item in project.leaflets.values() for name in item.outline.options}
    found = {
        choice.location: name
        for clinic in project.clinics.values()
        for name, choice in clinic.choices.items()
        if name not in offered
    }
    for location, name in found.items():
        yield Fault(
            kind="unused-choice",
            location=location,
            message=f"no leaflet has a variant of {name!r}",
            hint=nearest(name, offered) or "remove it",
        )


@rule("LF607", "choice-record", Severity.ERROR)
def choice_record(project: Project) -> Iterator[Fault]:
    """A choice with half a record of who has chosen.

    What it does: looks for `by` and `on` of every choice: both or neither, and no day to come.
    Why is this bad? The choice counts as nobody's, and its editions stay drafts.
    Example: `by = "Dr A. Person"` without `on`
    Use instead: `by = "Dr A. Person"` and `on = 2026-11-24`
    """
    listed = [choice for clinic in project.clinics.values() for choice in clinic.choices.values()]
    for choice in {choice.location: choice for choice in listed}.values():
        message = ""
        if bool(choice.by.strip()) != (choice.on is not None):
            message = "by whom or when it was chosen is missing"
        elif choice.on is not None and choice.on > project.today:
            message = f"chosen on {choice.on}, which is in the future"
        if message:
            yield Fault(
                kind="choice-record",
                location=choice.location,
                message=message,
                hint="give both by and on, or neither",
            )
