"""The designers' Jinja templates. The only importer of jinja2.

Everything is escaped unless it is HTML that handbill made, or the template's name ends in
`.txt.jinja`; an undefined name is an error; an error points at the template's own line. No
translation is ever run as a template.
"""

import functools
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType

from jinja2 import Environment, FunctionLoader, StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.ext import babel_extract
from markupsafe import Markup, escape

from handbill.diagnostics import Fault, HandbillError, Location
from handbill.model import Block, Templates


#: The page around a leaflet's text.
PAGE = "leaflet.html.jinja"
#: The page that tries out a language.
SPECIMEN = "specimen.html.jinja"
#: The sheet on which a text is read beside its translation.
PROOF = "proof.html.jinja"
#: The sheet that shows what has changed since a text was signed.
DIFFERENCE = "difference.html.jinja"
#: The page that gathers what speaks for and against a leaflet.
EVIDENCE = "evidence.html.jinja"
#: The page that shows an edition while its files are edited.
WATCH = "watch.html.jinja"
#: The pages that try out a printer.
TRIAL = "trial.html.jinja"
#: Pages for staff, and what they have in common: in English, and translated by nobody.
STAFF = ("staff.html.jinja", PROOF, DIFFERENCE, EVIDENCE, WATCH, TRIAL)
#: The page that shows every component.
GALLERY = "gallery.html.jinja"
#: What an email says: its subject, and the same message twice, without markup and with it.
SUBJECT, PLAIN, RICH = (
    f"email/{name}.jinja" for name in ("subject.txt", "message.txt", "message.html")
)
#: Components that the press itself asks for; authors cannot name them.
FURNITURE = ("citation", "figure", "table")
#: The word for a message in a template: `{{ t("Version {version}", version=…) }}`.
KEYWORD = "t"

_FOLDER = "templates/"
#: How the name of a template ends that makes plain text, of which nothing is escaped.
_TEXT = ".txt.jinja"

#: What is not text of the page: Jinja's own, styles, comments and tags.
_HIDDEN = re.compile(
    r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}|<(style|script)\b.*?</\1>|<!--.*?-->|<[^>]*>|&\w+;",
    re.DOTALL,
)
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_LETTERS = re.compile(r"[^\W\d_][^\n]*")


def component(name: str) -> str:
    """Return the path of a component's template."""
    return f"components/{name}/component.html.jinja"


def render(
    templates: Templates, path: str, context: Mapping[str, object], *, whole: Sequence[str] = ()
) -> str:
    """Render one template.

    Args:
        templates: the designers' templates.
        path: its name.
        context: what it may print.
        whole: the names of what it must print, as it is.

    Raises:
        HandbillError: the template is wrong, names what does not exist, or leaves text out.
    """
    try:
        html = _environment(templates).get_template(path).render(context)
    except TemplateSyntaxError as error:
        raise HandbillError(
            _fault(error.filename or _FOLDER + path, error.lineno, error.message or "")
        ) from error
    except TemplateError as error:
        file, line = _position(error.__traceback__, _FOLDER + path)
        raise HandbillError(_fault(file, line, error.message or str(error))) from error
    except (TypeError, ValueError, AttributeError, LookupError, ZeroDivisionError) as error:
        # A designer's expression failed; anywhere else these would be bugs of ours.
        file, line = _position(error.__traceback__, "")
        if not file:
            raise
        raise HandbillError(_fault(file, line, str(error))) from error
    seen = html.partition("</head>")[2] or html
    for name in whole:
        if escape(context[name]).strip() not in seen:
            message = f"it does not print {{{{ {name} }}}}: text would be lost"
            raise HandbillError(_fault(_FOLDER + path, 1, message))
    return html


def safe(html: str) -> str:
    """Mark HTML that handbill made itself, so that it is not escaped again."""
    return Markup(html)  # noqa: S704 - the one place that vouches for HTML


def fill(text: str, values: Mapping[str, object]) -> str:
    """Put values in a message's `{placeholders}`, all escaped; other braces stay as they are."""
    html = Markup.escape(text)
    for name, value in values.items():
        html = Markup(str(html).replace(f"{{{name}}}", str(Markup.escape(value))))  # noqa: S704
    return html


def fill_plain(text: str, values: Mapping[str, object]) -> str:
    """Put values in a message's `{placeholders}` for a plain text, as they are."""
    return _PLACEHOLDER.sub(lambda match: str(values.get(match[1], match[0])), text)


@functools.lru_cache(maxsize=128)
def messages(path: str, source: str) -> tuple[Block, ...]:
    """Return the messages of a template, with the designer's `{# L10n: … #}` notes."""
    options = {"newstyle_gettext": "false", "silent": "false"}
    try:
        found = list(babel_extract(io.BytesIO(source.encode()), [KEYWORD], ["L10n:"], options))
    except TemplateSyntaxError as error:
        raise HandbillError(_fault(_FOLDER + path, error.lineno, error.message or "")) from error
    # With values to fill in, Jinja gives a tuple whose other items are None.
    told = [(line, text[0] if isinstance(text, tuple) else text, n) for line, _, text, n in found]
    return tuple(
        Block(
            msgid=msgid,
            kind="interface",
            line=line,
            column=1,
            path=_FOLDER + path,
            notes=tuple(notes),
        )
        for line, msgid, notes in told
        if msgid is not None
    )


_environments: dict[str, Environment] = {}


def bare_words(source: str) -> Iterator[tuple[int, str]]:
    """Yield the words of a template that no translator would see, each with its line."""
    hidden = _HIDDEN.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), source)
    for match in _LETTERS.finditer(hidden):
        yield hidden.count("\n", 0, match.start()) + 1, match.group().strip()


def _environment(templates: Templates) -> Environment:
    """Return the environment of these templates; compiled templates live as long as a worker."""
    if templates.digest not in _environments:

        def load(path: str) -> tuple[str, str, Callable[[], bool]] | None:
            source = templates.sources.get(path)
            return None if source is None else (source, _FOLDER + path, lambda: True)

        _environments.clear()
        _environments[templates.digest] = Environment(
            loader=FunctionLoader(load),
            autoescape=lambda path: not (path or "").endswith(_TEXT),  # noqa: S701 - text is no HTML
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
    return _environments[templates.digest]


def _position(traceback: TracebackType | None, path: str) -> tuple[str, int]:
    """Find the innermost template line of a traceback, which Jinja has rewritten to show it."""
    file, line = path, 1
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        if name.startswith(_FOLDER):
            file, line = name, traceback.tb_lineno
        traceback = traceback.tb_next
    return file, line


def _fault(path: str, line: int, message: str) -> Fault:
    return Fault(
        kind="template-error",
        location=Location(path=path, line=line),
        message=message[:1].lower() + message[1:],
    )
