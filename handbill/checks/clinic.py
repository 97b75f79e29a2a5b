"""LF6: clinics, and the values that leaflets print of them."""

from collections.abc import Iterator

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
    A mistake in a content/clinics/<id>.toml.

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
            for slot in dict.fromkeys(ref.name for ref in leaflet.outline.slots):
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
