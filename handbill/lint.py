"""What Markdown would silently print otherwise than its author meant, line by line.

Reads plain lines; nothing here knows the parser.
"""

import re

from handbill.diagnostics import Fault, Location


# Comments are gone when this looks: a `<!--` that is left is never closed, and would be printed.
TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9-]*(?=[\s/>])(?:[^>\n]|\n(?![ \t]*\n))*>|<!(?:--)?|<\?")
_FENCE = re.compile(r"^ *(```+|~~~+)")
BULLET = re.compile(r"^( *)([-*+]|\d+\.) +\S")
_SHORT_NESTING = (2, 3)
# A line of a paragraph: no heading, box, list item, quotation, table or blank line.
_RUNNING = re.compile(r"^ *(?!#|!!!|>|\||[-*+] |\d+\. |: |[-=]+ *$)\S")
_ADMONITION = re.compile(r"^ *!!!")
_TITLED = re.compile(
    r'^(?: {4})*!!! ?(?:[\w-]+(?: +[\w-]+)* +" *[^" ].*" *|variant(?: +[\w-]+)* *)$'
)
_TABLE_RULE = re.compile(r"^(?=.*\|) *\|? *:?-+:? *(\| *:?-+:? *)*\|? *$")
_EMPTY_CELL = re.compile(r"(?<=\|)[ \t]*(?=\|)")


def faults(source: str, *, path: str, first_line: int) -> list[Fault]:
    """Find the faults of a text whose comments have been made spaces.

    Args:
        source: the Markdown.
        path: the file's name.
        first_line: the line of the file on which `source` begins.
    """
    lint = _Lint(source, path, first_line)
    lint.fences()
    lint.lists()
    lint.boxes()
    lint.tables()
    lint.tags()
    return lint.found


def indent(line: str) -> int:
    """Count the spaces that a line begins with."""
    return len(line) - len(line.lstrip())


class _Lint:
    """Walks the lines of one text and notes what is wrong."""

    def __init__(self, source: str, path: str, first_line: int) -> None:
        self.source, self.path, self.first_line = source, path, first_line
        self.lines = source.split("\n")
        self.found: list[Fault] = []

    def fault(self, kind: str, number: int, column: int, message: str, hint: str) -> None:
        """Note a fault on a line of the text, counted from 0."""
        place = Location(path=self.path, line=self.first_line + number, column=column)
        self.found.append(Fault(kind=kind, location=place, message=message, hint=hint))

    def tags(self) -> None:
        """Find HTML."""
        for match in TAG.finditer(self.source):
            before = self.source.rfind("\n", 0, match.start())
            tag = " ".join(match.group().split())
            self.fault(
                "raw-html",
                self.source.count("\n", 0, match.start()),
                match.start() - before,
                f"HTML in a leaflet: {tag[:40]!r}",
                "use Markdown; an HTML block would never reach a translator",
            )

    def fences(self) -> None:
        """Find code fences."""
        lines = self.lines
        opened: tuple[int, int, str] | None = None
        for number, line in enumerate(lines):
            match = _FENCE.match(line)
            if match is None:
                continue
            if opened is None:
                opened = number, match.start(1) + 1, match.group(1)
                self.fault(
                    "code-block",
                    number,
                    match.start(1) + 1,
                    "a code fence; its text is never translated",
                    "remove the fence: a leaflet has no code",
                )
            elif match.group(1).startswith(opened[2]):
                opened = None
        if opened is not None:
            self.fault(
                "code-block",
                opened[0],
                opened[1],
                f"a code fence that is never closed: {opened[2]}",
                "everything after it would be taken for code",
            )

    def lists(self) -> None:
        """Find lists that join another, or a paragraph."""
        lines = self.lines
        open_items: list[int] = []
        for number, line in enumerate(lines):
            bullet = BULLET.match(line)
            glued = number > 0 and not open_items and _RUNNING.match(lines[number - 1])
            if glued and (bullet or (line.lstrip().startswith("|") and _is_table(lines, number))):
                self.fault(
                    "glued-block",
                    number,
                    indent(line) + 1,
                    f"a {'list' if bullet else 'table'} right under a line of text is more text",
                    "leave an empty line above it",
                )
            if bullet is None:
                after_blank = number > 0 and not lines[number - 1].strip()
                if _ADMONITION.match(line) or (after_blank and line[:1].strip()):
                    open_items = []
                continue
            depth = len(bullet.group(1))
            open_items = [item for item in open_items if item < depth]
            above = open_items[-1] if open_items else depth
            # Markdown nests by steps of four: an item on its parent's step is no child of it.
            if depth - above in _SHORT_NESTING and depth // 4 == above // 4:
                self.fault(
                    "list-nesting",
                    number,
                    depth + 1,
                    f"a list item indented by {depth - above} spaces joins the list above it",
                    "indent a nested item by 4 spaces",
                )
            open_items.append(depth)

    def boxes(self) -> None:
        """Find boxes that Markdown takes for text, or gives a title of its own."""
        lines = self.lines
        for number, line in enumerate(lines):
            if _ADMONITION.match(line) and not _TITLED.match(line):
                name = re.search(r"[\w-]+", line)
                self.fault(
                    "untitled-component",
                    number,
                    indent(line) + 1,
                    f"not a box with a title: {line.strip()[:40]!r}",
                    f'write !!! {name.group() if name else "name"} "Title", in straight quotes',
                )

    def tables(self) -> None:
        """Find rows that lose or gain a cell."""
        lines = self.lines
        for number, line in enumerate(lines):
            header = lines[number - 1] if number else ""
            if "|" not in header or not _TABLE_RULE.match(line):
                continue
            border = "|" in (header.strip()[0], header.strip()[-1])
            columns = _cells(header, border=border)
            in_doses = _in_dose_table(lines, number)
            if (found := _cells(line, border=border)) != columns:
                self.fault(
                    "broken-table",
                    number,
                    indent(line) + 1,
                    f"the rule under the header has {found} columns, the header {columns}",
                    "without one --- for each column this is not a table",
                )
            for row in range(number + 1, len(lines)):
                # A row needs no bar: whatever follows without an empty line is one.
                if not lines[row].strip() or _ADMONITION.match(lines[row]):
                    break
                if (found := _cells(lines[row], border=border)) != columns:
                    self.fault(
                        "broken-table",
                        row,
                        indent(lines[row]) + 1,
                        f"a row of {found} cells in a table of {columns} columns",
                        r"write \| for a bar inside a cell",
                    )
                elif in_doses and (empty := _EMPTY_CELL.search(lines[row])):
                    self.fault(
                        "broken-table",
                        row,
                        empty.start() + 1,
                        "an empty cell in a table of doses",
                        "say what holds there; – for nothing",
                    )


def _in_dose_table(lines: list[str], number: int) -> bool:
    """Tell whether the box that a line stands in is one of doses."""
    above = (line for line in reversed(lines[:number]) if line.strip())
    outer = next((line for line in above if indent(line) < indent(lines[number])), "")
    return outer.split()[:2] == ["!!!", "dose-table"]


def _is_table(lines: list[str], number: int) -> bool:
    return number + 1 < len(lines) and _TABLE_RULE.match(lines[number + 1]) is not None


def _cells(row: str, *, border: bool) -> int:
    """Count a row's cells; bars at its ends are no cells in a table whose header has them."""
    inner = row.strip()
    if border:
        inner = inner.removeprefix("|")
        if inner.endswith("|") and not inner.endswith("\\|"):
            inner = inner[:-1]
    return len(re.findall(r"(?<!\\)\|", inner)) + 1
