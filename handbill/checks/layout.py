"""LF5: what is found while a page is set and painted."""

from handbill.diagnostics import Severity
from handbill.rules import declare


declare(
    "LF501",
    "stylesheet-warning",
    Severity.ERROR,
    """
    The press could not follow a stylesheet, or warns of something on the page.

    What it does: repeats each warning of WeasyPrint, which itself prints on.
    Why is this bad? A declaration that is dropped prints another page than the designer's: a box
    without its border, a stamp that is not there.
    Example: `text-transfrom: none`
    Use instead: the property's right name, or another way that WeasyPrint knows.
    """,
)
declare(
    "LF502",
    "missing-glyph",
    Severity.ERROR,
    """
    A character that no font of the project can print.

    What it does: stops the edition when the press would print an empty box.
    Why is this bad? A reader cannot know which letter or number was meant.
    Example: a symbol pasted from a web page
    Use instead: another character, or add a font that has it to templates/fonts.
    """,
)
declare(
    "LF503",
    "font-fallback",
    Severity.ERROR,
    """
    A page was printed with a font that its language does not name.

    What it does: compares the fonts in the PDF with the language's fonts in languages.toml.
    Why is this bad? A letter from another font is often a letter of another script, and looks it.
    Example: a Chinese character in an Urdu leaflet
    Use instead: the right letter, or name the font if it is meant.
    """,
)
declare(
    "LF504",
    "untagged-content",
    Severity.ERROR,
    """
    Something on the page has no text for those who cannot see it, or a link leads nowhere.

    What it does: repeats what the press says of pictures without alt text, pages without a
    language, and links to places that do not exist.
    Why is this bad? A screen reader says nothing, or the wrong thing (PDF/UA-1, ISO 14289-1, 7.3).
    Example: `<img src="{{ logo }}">` in a template
    Use instead: `<img src="{{ logo }}" alt="{{ clinic.name }}">`
    """,
)
declare(
    "LF505",
    "page-budget",
    Severity.ERROR,
    """
    An edition has more pages than the settings allow.

    What it does: counts pages after layout, in each language.
    Why is this bad? Nobody reads, staples or pays for a leaflet of 300 pages; most often something
    was pasted twice.
    Use instead: a shorter text, or a higher `max-pages`.
    """,
)
declare(
    "LF506",
    "engine-failure",
    Severity.ERROR,
    """
    The typesetting engine broke down on this edition.

    What it does: names the engine's error and stops that edition alone.
    Why is this bad? There is no page to hand out.
    Example: `float: inline-end` inside a line of text, which WeasyPrint 70 cannot take
    Use instead: another way to say the same in CSS.
    """,
)
declare(
    "LF507",
    "text-layer",
    Severity.ERROR,
    """
    What a PDF says to those who cannot see it is not what it shows.

    What it does: reads each finished PDF with PDFium and compares it with the words of its HTML:
    every word must be there, in order, and no other.
    Why is this bad? A screen reader speaks this text, and copying copies it. In Hindi or Arabic it
    can be other letters than those on the page, and no PDF/UA validator notices.
    Use instead: a font of templates/fonts that this is known to work with; see the table in README.
    """,
)
declare(
    "LF510",
    "pdf-standard",
    Severity.ERROR,
    """
    A finished PDF breaks PDF/UA-1 or PDF/A-2a.

    What it does: judges each PDF with a validator, which names the clause in brackets.
    Why is this bad? Screen readers and archives rely on these standards (ISO 14289-1, ISO 19005-2).
    That nothing is found does not make a leaflet accessible: a person must still read it.
    Example: `<ul><div>…</div></ul>` in a template
    Use instead: `<ul><li>…</li></ul>`
    """,
)
declare(
    "LF511",
    "unstamped-draft",
    Severity.ERROR,
    """
    A page of a draft that does not say so.

    What it does: looks on every page for the words of the template's element of class `draft`.
    Why is this bad? A page without the stamp, alone on a desk, looks checked.
    Example: a stylesheet that puts the stamp on the first page only
    Use instead: `position: running(draft)`, and `content: element(draft)` in `@page`.
    """,
)
declare(
    "LF509",
    "vowel-mark",
    Severity.WARNING,
    """
    A word of Arabic script with vowel marks, which some programs tear off when they copy it.

    What it does: names the words whose marks PDFium, the reader inside Chrome, puts elsewhere.
    Why is this bad? A search for the word fails, and a screen reader may stumble. The printed page
    and the text in the PDF are right; MuPDF and pypdf read it as written.
    Use instead: the word without its marks, where the reader does not need them.
    """,
)
declare(
    "LF508",
    "number-order",
    Severity.ERROR,
    """
    A number or a Latin word is printed out of order in right-to-left text.

    What it does: finds, by the places of the glyphs on the page, every run that must read from left
    to right: doses, ranges, telephone numbers, dates, units and Latin words.
    Why is this bad? "5-10 mg" printed as "10-5 mg" is another dose.
    Use instead: plain text; handbill isolates such runs itself. Markup inside a number prevents it:
    write `**5-10 mg**`, not `**5**-10 mg`.
    """,
)
declare(
    "LF516",
    "table-header",
    Severity.ERROR,
    """
    A table whose headers do not say what its cells are.

    What it does: finds tables without a header cell, header cells without words, and, in tables
    with headers of both rows and columns, header cells that do not say of which they are.
    Why is this bad? A screen reader says a cell together with its headers: without them "5 ml" is
    of no age and of no medicine (WCAG 2.2, 1.3.1). PDF/UA validators let such tables pass.
    Example: `| | Dose |`
    Use instead: `| Age | Dose |`; in a template `<th scope="row">`.
    """,
)
declare(
    "LF517",
    "heading-skip",
    Severity.ERROR,
    """
    A finished page whose headings skip a level, or that has not exactly one title.

    What it does: follows `h1` to `h6` through the page, those of templates and boxes among them.
    heading-order looks at what the author wrote, before any template is around it.
    Why is this bad? A reader who moves by headings believes that a part is missing (WCAG 2.2,
    1.3.1).
    Example: `<h4>{{ t("Contact us") }}</h4>` under an `h2`
    Use instead: `<h3>`; in a box `<h{{ level }}>`.
    """,
)
declare(
    "LF518",
    "contrast",
    Severity.ERROR,
    """
    Text whose colour is too near to that of its background.

    What it does: follows the stylesheets to the colours of every text: their order, inheritance
    and custom properties; for web pages also on a dark screen and in print. The least ratio is
    4.5 to 1, for large text too; text on a picture or a gradient has none. It cannot see `opacity`,
    text that CSS generates, things laid over each other, margin boxes of `@page`, and colours that
    are not of sRGB; of rules for widths it takes all to hold.
    Why is this bad? Many readers of leaflets are old, or read by poor light (WCAG 2.2, 1.4.3).
    Example: `.summary { color: #8a9a9e }` on white, 2.9 to 1
    Use instead: `.summary { color: #52646a }`
    """,
)
declare(
    "LF512",
    "sheet-budget",
    Severity.ERROR,
    """
    A leaflet takes more sheets of paper than its front matter allows.

    What it does: sets the text as tightly as the stylesheet knows (`[data-fit="tight-1"]` and on),
    and then counts the lines that stand beyond `sheets`, in each language and format.
    Why is this bad? The last page is left in the printer, or a second sheet is lost.
    Use instead: a shorter text, or more `sheets`. Smaller type is no way out.
    """,
)
declare(
    "LF513",
    "split-box",
    Severity.ERROR,
    """
    A box or a row that should stay whole goes on on the next page.

    What it does: finds elements with `break-inside: avoid` that stand on two pages, as they do when
    they are longer than a page.
    Why is this bad? Half of a list of reasons to call for help looks like all of it.
    Use instead: a shorter box, or two.
    """,
)
declare(
    "LF514",
    "small-print",
    Severity.ERROR,
    """
    Type, or the space between lines, is smaller than clear print allows.

    What it does: measures every text on the finished pages: 12 pt or more, in large print 18 pt
    (`least-size` of the format), and 1.4 times the type size between the lines of running text.
    Why is this bad? Many readers cannot read it (UKAAF G003, 2019).
    Example: `font-size: 9pt`
    Use instead: sizes in `rem` of 1 or more.
    """,
)
declare(
    "LF515",
    "nearly-empty-page",
    Severity.WARNING,
    """
    The last page holds a few lines only.

    What it does: where the last page is filled by less than 15 %, tries the tighter and the roomier
    settings of the stylesheet, and warns when none helps.
    Why is this bad? It is paper for nothing, and it is lost first.
    Use instead: a sentence less.
    """,
)
declare(
    "LF519",
    "stranded-heading",
    Severity.ERROR,
    """
    A heading at the foot of a page, with its text on the next.

    What it does: looks at the last line of every page but the last.
    Why is this bad? The reader of one page has a title without a text, of the next the reverse.
    Use instead: `break-after: avoid`, and nothing between heading and text that forbids it.
    """,
)
