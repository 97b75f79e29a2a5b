"""What a printer is asked to do, and what is done instead of what it cannot."""

from dataclasses import replace

import pytest

from handbill import ipp, printer
from handbill.commands.printing import _Sheaf
from handbill.diagnostics import Location
from handbill.editions import Edition
from handbill.ipp import Operation, Range
from handbill.printer import Capabilities, Job, JobState, Sheet, Ticket, Wish, ended, standing
from handbill.shelf import Paper


PLACE = Location(path="shelf.csv", line=4)
A4 = Sheet(width=210, height=297, pages=4)
#: A booklet of eight pages of A5: four on each of two sheets of A4.
IMPOSED = Sheet(width=2 * 148, height=210, pages=4)
LARGE = Capabilities(
    name="Large",
    model="Large 1000",
    formats=("application/pdf",),
    media=("na_letter_8.5x11in", "iso_a4_210x297mm", "iso_a3_297x420mm"),
    ready=("na_letter_8.5x11in", "iso_a4_210x297mm"),
    sides=("one-sided", "two-sided-long-edge", "two-sided-short-edge"),
    colours=("auto", "color", "monochrome"),
    finishings=(3, 4, 8, 20, 22, 93),
    scaling=("auto", "none"),
    handling=("separate-documents-collated-copies",),
    operations=frozenset(Operation),
    copies=99,
    is_accepting=True,
    is_stopped=False,
    reasons=(),
    message="",
)
WISH = Wish(
    sheet=A4,
    copies=20,
    direction="ltr",
    is_booklet=False,
    is_mono=False,
    is_one_sided=False,
    is_stapled=False,
    location=PLACE,
)


def asked(ticket: Ticket) -> dict[str, object]:
    """Return what a printer is told."""
    return {
        name: values[0] if len(values) == 1 else list(values) for name, _, values in ticket.asked
    }


def said(ticket: Ticket) -> list[str]:
    """Return what is told about it."""
    return [f"{fault.kind}: {fault.message}" for fault in ticket.faults]


def test_a_printer_that_can_do_all_is_asked_for_all() -> None:
    """Paper of the size of the pages, both sides, in colour, nothing scaled, copy after copy."""
    ticket = printer.ticket(LARGE, WISH)

    assert asked(ticket) == {
        "media": "iso_a4_210x297mm",
        "print-scaling": "none",
        "sides": "two-sided-long-edge",
        "print-color-mode": "color",
        "multiple-document-handling": "separate-documents-collated-copies",
    }
    assert (ticket.parts, ticket.faults) == ((20,), ())
    assert ticket.words == "A4, both sides, turned over the long edge, in colour, 20 copies"


def test_a_retry_is_the_same_when_the_tray_is_empty() -> None:
    """A size of two names is asked for by the one that is loaded; what is wanted has one name."""
    media = ("oe_a4-plain_210x297mm", "iso_a4_210x297mm")
    edition = Edition(leaflet="milia", clinic="north", language="en", format="a4")
    paper = Paper(edition=edition, copies=20, location=PLACE)

    def sheaf(loaded: tuple[str, ...], wish: Wish = WISH) -> _Sheaf:
        ticket = printer.ticket(replace(LARGE, media=media[::-1], ready=loaded), wish)
        return _Sheaf(paper=paper, row={"digest": "d"}, data=b"", wish=wish, ticket=ticket)

    full, empty = sheaf(media[:1]), sheaf(())
    later = replace(WISH, location=Location(path="shelf.csv", line=9))

    assert full.ticket.asked != empty.ticket.asked
    assert full.name == empty.name == sheaf((), later).name
    assert full.name != sheaf((), replace(WISH, copies=21)).name


def test_a_booklet_turns_over_the_short_edge() -> None:
    """Its sheets lie, and are turned like pages of a book; folded and stitched if that can be."""
    ticket = printer.ticket(LARGE, replace(WISH, sheet=IMPOSED, is_booklet=True))

    assert asked(ticket)["media"] == "iso_a4_210x297mm"
    assert asked(ticket)["sides"] == "two-sided-short-edge"
    assert asked(ticket)["finishings"] == [8, 93]
    assert ticket.faults == ()


def test_a_booklet_that_is_not_folded_is_told() -> None:
    """It comes out flat."""
    plain = replace(LARGE, finishings=(3,))
    ticket = printer.ticket(plain, replace(WISH, sheet=IMPOSED, is_booklet=True))

    assert "finishings" not in asked(ticket)
    assert [fault.kind for fault in ticket.faults] == ["lesser-print"]
    assert said(ticket) == ["lesser-print: Large does not fold; the sheets come out flat"]


def test_a_printer_without_duplex_prints_on_one_side_and_says_so() -> None:
    """A leaflet can be read so; a booklet cannot be folded, and is refused."""
    simple = replace(LARGE, sides=("one-sided",))
    leaflet = printer.ticket(simple, WISH)
    booklet = printer.ticket(simple, replace(WISH, sheet=IMPOSED, is_booklet=True))

    assert asked(leaflet)["sides"] == "one-sided"
    assert said(leaflet) == [
        "lesser-print: Large does not print on both sides; printed on one side: 4 sheets a copy"
    ]
    assert said(booklet)[0] == "missing-capability: Large does not print on both sides"


def test_one_page_and_who_wants_it_leave_backs_empty() -> None:
    """That is nothing less than was asked for."""
    for wish in (replace(WISH, sheet=replace(A4, pages=1)), replace(WISH, is_one_sided=True)):
        ticket = printer.ticket(LARGE, wish)

        assert (asked(ticket)["sides"], ticket.faults) == ("one-sided", ())


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        (("iso_a4_210x297mm",), "iso_a4_210x297mm"),
        (("iso-a4",), "iso-a4"),
        (("na_letter_8.5x11in", "om_a4_8.27x11.69in"), "om_a4_8.27x11.69in"),
    ],
)
def test_paper_is_known_by_its_size(media: tuple[str, ...], expected: str) -> None:
    """Whatever a printer calls it."""
    ticket = printer.ticket(replace(LARGE, media=media, ready=()), WISH)

    assert (asked(ticket)["media"], ticket.faults) == (expected, ())


@pytest.mark.parametrize(
    "media",
    [
        ("na_letter_8.5x11in", "custom_min_76x127mm", "custom_max_216x356mm"),
        ("na_letter_8.5x11in", "iso_a5_148x210mm"),
        ("na_letter_8.5x11in", "custom_max_210x297mm"),
    ],
)
def test_no_page_is_scaled_to_other_paper(media: tuple[str, ...]) -> None:
    """Without A4 an A4 leaflet is refused, with the paper that there is."""
    (fault,) = printer.ticket(replace(LARGE, media=media, ready=()), WISH).faults

    assert fault.kind == "missing-capability"
    assert fault.message.startswith("Large has no A4, but ")
    assert "US Letter; nothing is scaled" in fault.message
    assert fault.location == PLACE


def test_paper_that_is_not_loaded_is_told() -> None:
    """The printer will wait for it, so somebody should go there."""
    ticket = printer.ticket(replace(LARGE, ready=("na_letter_8.5x11in",)), WISH)

    assert asked(ticket)["media"] == "iso_a4_210x297mm"
    assert said(ticket) == ["lesser-print: A4 is not loaded, but US Letter"]


def test_a_printer_without_colour_prints_in_black_and_says_so() -> None:
    """Who asked for black gets what was asked."""
    black = replace(LARGE, colours=("auto", "monochrome"))
    ticket = printer.ticket(black, WISH)
    wished = printer.ticket(black, replace(WISH, is_mono=True))

    assert asked(ticket)["print-color-mode"] == "monochrome"
    assert said(ticket) == ["lesser-print: Large has no colour; printed in black"]
    assert (asked(wished)["print-color-mode"], wished.faults) == ("monochrome", ())


def test_a_printer_that_cannot_print_in_black_is_told() -> None:
    """It may use colour."""
    ticket = printer.ticket(replace(LARGE, colours=("color",)), replace(WISH, is_mono=True))

    assert "print-color-mode" not in asked(ticket)
    assert said(ticket) == [
        "lesser-print: Large cannot be told to print in black; it may use colour"
    ]


@pytest.mark.parametrize(
    ("direction", "finishings", "expected"),
    [
        ("ltr", (3, 4, 20, 22), 20),
        ("ltr", (3, 4), 4),
        ("rtl", (3, 4, 20, 22), 22),
        ("rtl", (3, 4, 20), None),
        ("ltr", (3,), None),
    ],
)
def test_staples_go_where_the_text_begins(
    direction: str, finishings: tuple[int, ...], expected: int | None
) -> None:
    """Top left, for Arabic top right. Where a plain staple goes nobody says: none for Arabic."""
    wish = replace(WISH, direction=direction, is_stapled=True)
    ticket = printer.ticket(replace(LARGE, finishings=finishings), wish)

    assert asked(ticket).get("finishings") == expected
    assert bool(ticket.faults) == (expected is None)


def test_one_sheet_is_not_stapled() -> None:
    """Two pages on one sheet need no staple; on two sheets they do."""
    pages = replace(WISH, sheet=replace(A4, pages=2), is_stapled=True)
    ticket = printer.ticket(LARGE, pages)

    assert said(ticket) == ["lesser-print: one sheet a copy: nothing to staple"]
    assert asked(printer.ticket(LARGE, replace(pages, is_one_sided=True)))["finishings"] == 20


def test_more_copies_than_a_job_takes_are_several_jobs() -> None:
    """None is lost, and it is said."""
    ticket = printer.ticket(LARGE, replace(WISH, copies=250))

    assert ticket.parts == (99, 99, 52)
    assert ticket.words.endswith("250 copies, in 3 jobs, as it takes 99 copies a job")


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        (
            {"formats": ("image/pwg-raster", "image/urf")},
            "missing-capability",
            "Large takes no PDF, but image/pwg-raster, image/urf",
        ),
        (
            {"operations": frozenset({2, 8, 9, 10, 11})},
            "missing-capability",
            "Large cannot follow a job: it lacks Create-Job, Send-Document",
        ),
        (
            {"is_accepting": False, "message": "Rejecting Jobs"},
            "refusing-printer",
            "Large accepts no jobs: Rejecting Jobs",
        ),
    ],
)
def test_a_printer_on_which_nothing_can_be_printed(
    changes: dict[str, object], kind: str, message: str
) -> None:
    """It is said at once, with what to do."""
    fault = printer.unfit(replace(LARGE, **changes), PLACE)  # type: ignore[arg-type]

    assert fault
    assert (fault.kind, fault.message) == (kind, message)
    assert "CUPS" in fault.hint


def test_what_a_printer_says_is_read() -> None:
    """With what it leaves out."""
    found = Capabilities.of(
        {
            "printer-info": ("Trial",),
            "copies-supported": (Range(1, 9),),
            "printer-is-accepting-jobs": (False,),
            "printer-state": (5,),
            "printer-state-reasons": ("media-empty-error", "toner-low-warning", "x-odd"),
            "sides-supported": ("one-sided",),
        }
    )

    assert (found.name, found.copies, found.media) == ("Trial", 9, ())
    assert found.standing() == (
        "the printer accepts no jobs, out of paper, toner is low, the printer says 'x-odd'"
    )
    assert "both sides: no" in found.lines()


JOB = Job(
    id=7,
    name="handbill 1",
    state=JobState.PROCESSING,
    reasons=("job-printing",),
    message="",
    impressions=0,
    documents=1,
    kilobytes=12,
)


@pytest.mark.parametrize(
    ("state", "reasons", "printers", "expected"),
    [
        (JobState.PROCESSING, (), (), "printing"),
        (JobState.PROCESSING, (), ("toner-low-report",), "printing; toner is low"),
        (JobState.PROCESSING, (), ("media-empty-error",), "stopped: out of paper"),
        (JobState.STOPPED, (), ("media-jam",), "stopped: paper is jammed"),
        (JobState.PENDING, (), (), "waiting: other jobs are first"),
        (JobState.PENDING, ("printer-stopped",), (), "waiting: the printer is stopped"),
        (JobState.HELD, (), (), "held: release it at the printer"),
        (
            JobState.HELD,
            ("job-password-wait",),
            (),
            "held: somebody has to enter a password at the printer",
        ),
    ],
)
def test_a_job_stands_in_plain_words(
    state: JobState, reasons: tuple[str, ...], printers: tuple[str, ...], expected: str
) -> None:
    """What the job and its printer say together."""
    job = replace(JOB, state=state, reasons=reasons)

    assert standing(job, replace(LARGE, reasons=printers)) == expected


@pytest.mark.parametrize(
    ("state", "reasons", "impressions", "expected"),
    [
        (JobState.COMPLETED, ("job-completed-successfully",), 4, "printed"),
        (
            JobState.COMPLETED,
            ("job-completed-with-errors",),
            4,
            "printed, with errors: count the sheets",
        ),
        (
            JobState.CANCELLED,
            ("job-canceled-at-device",),
            1,
            "cancelled: somebody has cancelled it at the printer; 1 side came out",
        ),
        (
            JobState.ABORTED,
            ("document-format-error",),
            None,
            "given up: the printer cannot read the file; nobody has counted what came out",
        ),
    ],
)
def test_a_job_ends_in_plain_words(
    state: JobState, reasons: tuple[str, ...], impressions: int | None, expected: str
) -> None:
    """With how much came out where it is not all."""
    assert ended(replace(JOB, state=state, reasons=reasons, impressions=impressions)) == expected


def test_a_flawed_print_is_known() -> None:
    """It is in the tray, but somebody should look at it."""
    flawed = replace(JOB, state=JobState.COMPLETED, reasons=("job-completed-with-warnings",))

    assert (flawed.was_flawed, JOB.was_flawed) == (True, False)


def test_a_job_without_a_state_is_no_answer() -> None:
    """Nothing is guessed from it."""
    with pytest.raises(ipp.ProtocolError):
        Job.of({"job-id": (7,)})
