"""Editions: which are wanted, and what became of each.

Apart from the model because a build with nothing to do needs these alone, and must start fast.
"""

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from handbill.diagnostics import Diagnostic, Fault, Scope


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Edition:
    """The identity of one handout."""

    leaflet: str
    clinic: str
    language: str
    format: str
    kind: str = "pdf"

    @property
    def path(self) -> str:
        """Its place under the output folder."""
        return f"{self.clinic}/{self.language}/{self.leaflet}.{self.format}.{self.kind}"

    @property
    def page(self) -> str:
        """Its leaflet's page on the site: a folder, for any host of plain files.

        The clinic stands in it because its telephone numbers stand in the text. Without the last
        part it is the place of all languages.
        """
        return f"{self.clinic}/{self.leaflet}/{self.language}/"

    @property
    def public_path(self) -> str:
        """Its place on the site, beside its leaflet's page."""
        form = "" if self.format == self.kind else f".{self.format}"
        return f"{self.page}{self.leaflet}{form}.{self.kind}"

    @property
    def scope(self) -> Scope:
        """What its own findings concern: it, and the same leaflet in other formats."""
        return Scope(leaflet=self.leaflet, language=self.language, clinic=self.clinic)


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the inputs in which two editions differ, in order."""
    return tuple(
        name for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which editions a command concerns: names, or globs; none means all."""

    leaflets: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    clinics: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return not (self.leaflets or self.languages or self.clinics or self.formats)

    def selects(self, edition: Edition) -> bool:
        """Tell whether an edition is meant."""
        return (
            matches(edition.leaflet, self.leaflets)
            and matches(edition.language, self.languages)
            and matches(edition.clinic, self.clinics)
            and matches(edition.format, self.formats)
        )


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Shard:
    """One of the parts that a build is dealt to, such as machines of a CI matrix."""

    number: int
    of: int

    @classmethod
    def named(cls, text: str) -> Self:
        """Read a shard as people write it, such as `2/5`.

        Raises:
            ValueError: it is none.
        """
        number, of = (int(part) if part.isdecimal() else 0 for part in text.split("/"))
        if not 1 <= number <= of:
            raise ValueError(text)
        return cls(number=number, of=of)

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def deal(self, editions: Iterable[Edition]) -> list[Edition]:
        """Return the editions of this shard, in the order in which they came.

        They are dealt like cards, the same text for one clinic after another: neighbours cost the
        same, so every shard gets its share of long leaflets, slow scripts and large print.
        """
        order = list(editions)
        row = sorted(order, key=lambda item: (item.format, item.language, item.leaflet, item))
        mine = set(row[self.number - 1 :: self.of])
        return [item for item in order if item in mine]


@dataclass(frozen=True, slots=True, kw_only=True)
class Impression:
    """What the press gave back.

    Attributes:
        data: the file.
        pages: how many; 0 for a web page.
        fit: in which of the designer's settings it was set to fit its paper; empty for plain.
        over: how many lines stand beyond the budget of sheets.
        faults: what went wrong.
    """

    data: bytes
    pages: int
    fit: str = ""
    over: int = 0
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A row of the manifest: one published file, and what it was made from.

    Attributes:
        code: the code of its text, whose beginning is printed at the foot of its pages.
    """

    edition: Edition
    version: str
    code: str
    draft: bool
    digest: str
    pages: int
    fit: str
    key: str
    inputs: Mapping[str, str]
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one edition.

    It was `typeset`, `imprinted` on a shell, `reused` (no new PDF), or `stopped` by errors.
    """

    edition: Edition
    state: str
    pages: int = 0
    fit: str = ""
    changed: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Tell whether a name is one of these, or fits one that is a glob; none means all."""
    return not patterns or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
