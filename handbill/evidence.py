"""What speaks for and against a leaflet, by the standards that its publisher goes by.

Three lists: what failed, what needs a person, and what persons have recorded. What programs looked
for and did not find stands apart, for nobody has judged it. No list says that a standard is kept:
that is for those who award it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from handbill import bilingual, catalog, desk, plan, rules, signoff, templates
from handbill.checks import plain
from handbill.diagnostics import Diagnostic, Severity
from handbill.editions import Edition
from handbill.model import Criterion, Leaflet, Project, Proof, Record
from handbill.readability import Figures
from handbill.standards import PURPOSE
from handbill.store import REPORTS


#: The rules that are only known when an edition has been printed.
PAPER = "LF5"
#: How many findings of one criterion are shown.
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A criterion in one of the lists.

    Attributes:
        said: what is known of it, in sentences.
    """

    criterion: Criterion
    said: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Lists:
    """Every criterion, in the list that it belongs to.

    Attributes:
        quiet: what rules alone decide, and have found nothing against.
    """

    failed: list[Item] = field(default_factory=list)
    waiting: list[Item] = field(default_factory=list)
    recorded: list[Item] = field(default_factory=list)
    quiet: list[Item] = field(default_factory=list)


class Evidence:
    """Judges one leaflet."""

    def __init__(
        self,
        project: Project,
        leaflet: Leaflet,
        findings: Iterable[Diagnostic],
        made: Mapping[str, Sequence[Diagnostic]],
    ) -> None:
        """Take what is known.

        Args:
            project: the project.
            leaflet: one of its leaflets.
            findings: every finding on the project, and what was met when it was last printed.
            made: the editions that are printed from today's texts, and what was met on each.
        """
        self.project, self.leaflet = project, leaflet
        self.source = project.settings.source_language
        self.editions = [item for item in plan.editions(project) if item.leaflet == leaflet.id]
        self.made = [item for item in self.editions if item.path in made]
        mine = [item for item in findings if item.scope.leaflet in {None, leaflet.id}]
        mine += [found for item in self.made for found in made[item.path]]
        #: A file of records or standards speaks of the report, not of the leaflet.
        self.findings = [item for item in dict.fromkeys(mine) if item.scope.clinic != REPORTS]
        self.mistakes = [item for item in dict.fromkeys(mine) if item.scope.clinic == REPORTS]
        #: None where the leaflet is too short to be measured, or no formula is known.
        self.figures = next(
            (
                figures
                for figures, text in plain.figures_of(project)
                if text.leaflet.id == leaflet.id
            ),
            None,
        )
        self.tags = [tag for tag in plan.languages(project) if project.publishes(leaflet.id, tag)]

    def lists(self) -> Lists:
        """Put every criterion into its list."""
        lists = Lists()
        for criterion in self.project.criteria:
            target, said = self._judge(criterion, lists)
            target.append(Item(criterion=criterion, said=tuple(said)))
        return lists

    def unclaimed(self) -> list[Diagnostic]:
        """Return the findings that speak against no criterion: none may be lost."""
        claimed = {name for criterion in self.project.criteria for name in criterion.rules}
        return [item for item in self.findings if item.name not in claimed]

    def _judge(self, criterion: Criterion, lists: Lists) -> tuple[list[Item], list[str]]:
        """Return the list that a criterion belongs to, and what is known of it."""
        found = [item for item in self.findings if item.name in criterion.rules]
        grave = any(item.severity is Severity.ERROR for item in found)
        seen = list(self._findings(found))
        records, stale = self._records(criterion)
        signed, unsigned = self._signatures(criterion)
        told = [_told(item) for item in records]
        says = {item.says for item in records}
        late = [f"{_told(item)} It does not count: {why}." for item, why in stale]
        answer = self.purpose().get(criterion.field, "")
        if criterion.field and not answer:
            said = f"The front matter does not say it: {criterion.field}."
            return lists.failed, [said, *seen, *told, *late]
        front = [f"The front matter says: “{answer}”"] if answer else []
        if criterion.figures and self.figures:
            front.append(f"{_figures(self.figures)}.")
        undecided = grave or criterion.kind == "auto" or not told
        if (found and undecided) or says == {"disagree"}:
            return lists.failed, [*seen, *told, *late, *front]
        if "disagree" in says:
            said = "Persons do not agree."
            return lists.waiting, [said, *told, *seen, *late, *front]
        unmade = self._unmade(criterion)
        if not (unmade or unsigned):
            if told or signed:
                return lists.recorded, [*told, *signed, *front, *seen, *late]
            if criterion.kind == "auto" and not late:
                return lists.quiet, [*front, self._nothing(criterion)]
        quiet = [] if found or unmade or not criterion.rules else [self._nothing(criterion)]
        return lists.waiting, [*late, *front, *unmade, *unsigned, *signed, *quiet, *told, *seen]

    def _records(self, criterion: Criterion) -> tuple[list[Record], list[tuple[Record, str]]]:
        """Return the records that count, and those that do not, with why."""
        whose = "" if criterion.publisher else self.leaflet.id
        records: list[Record] = []
        stale: list[tuple[Record, str]] = []
        for item in self.project.records.get(whose, ()):
            if item.criterion != criterion.id:
                continue
            why = signoff.outdated(self.project, whose, item)
            if item.on > self.project.today:
                why = "that day is yet to come"
            if why:
                stale.append((item, why))
            else:
                records.append(item)
        return records, stale

    def _signatures(self, criterion: Criterion) -> tuple[list[str], list[str]]:
        """Return who has signed what a criterion asks for, and what nobody has."""
        if not criterion.signed:
            return [], []
        tags = [self.source] if criterion.signed == "source" else self.tags[1:]
        signed, unsigned = [], []
        for tag in tags:
            name = self.project.languages[tag].english
            standing = signoff.standing(self.project, self.leaflet.id, tag)
            signed += [
                f"{name}: signed by {item.name}, {_role(item.role)}, on {item.date}."
                for item in standing.holding
            ]
            if standing.missing:
                unsigned.append(f"{name} ({' and '.join(map(_role, standing.missing))})")
        return signed, [f"Not signed: {', '.join(unsigned)}."] if unsigned else []

    def purpose(self) -> dict[str, str]:
        """Return what the front matter says of the leaflet's purpose; empty where it does not."""
        leaflet = self.leaflet
        return {
            "audience": leaflet.audience.strip(),
            **{name: leaflet.purpose.get(name, "").strip() for name in PURPOSE},
        }

    def _findings(self, found: Sequence[Diagnostic]) -> Iterator[str]:
        """Say what rules have found: on the English in words, on translations in numbers."""
        own = [item for item in found if item.scope.language in {None, self.source}]
        shown = dict.fromkeys(
            f"{item.rule} {item.name}, {item.location.path.rsplit('/', 1)[-1]}"
            f":{item.location.line}: {item.message}."
            for item in own
        )
        yield from list(shown)[:_SHOWN]
        if len(shown) > _SHOWN:
            yield f"And {len(shown) - _SHOWN} more like these."
        foreign: dict[str, Counter[str]] = {}
        for item in found:
            tag = item.scope.language
            if tag not in {None, self.source}:
                name = self.project.languages[str(tag)].english
                foreign.setdefault(f"{item.rule} {item.name}", Counter())[name] += 1
        for rule, counts in foreign.items():
            yield f"{rule}: {', '.join(f'{name} {n}' for name, n in counts.items())}."

    def _unmade(self, criterion: Criterion) -> list[str]:
        """Say that what is judged on paper is not printed yet."""
        on_paper = any(rule.startswith(PAPER) for rule in self._ids(criterion))
        missing = len(self.editions) - len(self.made)
        if not on_paper or not missing:
            return []
        return [f"Editions not yet made from today’s text: {missing} of {len(self.editions)}."]

    def _nothing(self, criterion: Criterion) -> str:
        """Say what has looked for mistakes, so that nobody takes its silence for a judgement."""
        ids = ", ".join(self._ids(criterion))
        return f"Nothing found by {ids}." if ids else "The front matter says something."

    def _ids(self, criterion: Criterion) -> list[str]:
        found = (rules.find(name) for name in criterion.rules)
        return sorted(item.id for item in found if item)

    def languages(self) -> list[dict[str, object]]:
        """Say of each language how far it is, who has signed it and what was found."""
        blocks = catalog.texts(self.project)[self.leaflet.id]
        counted = desk.errors(self.findings)
        rows: list[dict[str, object]] = []
        for tag in self.tags:
            own = [item for item in self.findings if item.scope.language == tag]
            if tag == self.source:
                own = [item for item in self.findings if item.scope.language in {None, tag}]
            standing = desk.standing(self.project, self.leaflet.id, tag, blocks, counted)
            wanted = [item for item in self.editions if item.language == tag]
            rows.append(
                {
                    "language": self.project.languages[tag],
                    "translated": None
                    if tag == self.source
                    else f"{standing.translated} of {standing.total}",
                    "signed": standing.signed,
                    "signers": [said for said in standing.signers if ": nobody" not in said],
                    "findings": _counted(item.rule for item in own),
                    "made": len([item for item in self.made if item.language == tag]),
                    "wanted": len(wanted),
                }
            )
        return rows

    def scores(self) -> list[dict[str, object]]:
        """Count what persons have answered, by standard, and how far two of them agree."""
        scores: list[dict[str, object]] = []
        for standard in self.project.standards.values():
            if not standard.scored:
                continue
            own = [item for item in self.project.criteria if item.standard == standard.id]
            answers: dict[str, dict[str, Record]] = {}
            for criterion in own:
                for record in self._records(criterion)[0]:
                    answers.setdefault(record.by, {})[criterion.id] = record
            said = [_scored(by, records, len(own)) for by, records in answers.items()]
            for (one, first), (other, second) in combinations(answers.items(), 2):
                both = sorted(set(first) & set(second))
                if both:
                    same = sum(first[name].says == second[name].says for name in both)
                    said.append(f"{one} and {other} gave {same} of {len(both)} the same answer.")
            scores.append({"standard": standard, "said": said})
        return scores


def page(
    project: Project,
    name: str,
    findings: Iterable[Diagnostic],
    made: Mapping[str, Sequence[Diagnostic]],
    *,
    kind: str,
    toolchain: str = "",
) -> Proof:
    """Compose the report on a leaflet.

    Args:
        project: the project.
        name: the leaflet's id.
        findings: as in `Evidence`.
        made: as in `Evidence`.
        kind: `pdf` or `html`.
        toolchain: the digest of the versions that will print it.

    Raises:
        HandbillError: the template is wrong.
    """
    leaflet = project.leaflets[name]
    evidence = Evidence(project, leaflet, findings, made)
    lists = evidence.lists()
    source = project.languages[project.settings.source_language]
    # Names and notes are written in any of the languages.
    fonts = (font for tag in evidence.tags for font in project.languages[tag].fonts)
    every = replace(source, fonts=tuple(dict.fromkeys((*source.fonts, *fonts))))
    return bilingual.page(
        project,
        Edition(leaflet=name, clinic=REPORTS, language=source.tag, format="report", kind=kind),
        {
            "title": leaflet.title,
            "leaflet": leaflet,
            "version": leaflet.version,
            "code": signoff.standing(project, name, source.tag).code[: signoff.SHORT],
            "today": project.today,
            "lists": lists,
            "purpose": evidence.purpose(),
            "figures": evidence.figures,
            "languages": evidence.languages(),
            "scores": evidence.scores(),
            "unclaimed": evidence.unclaimed(),
            "mistakes": evidence.mistakes,
            "standards": project.standards,
            "unmade": len(evidence.made) < len(evidence.editions),
        },
        source,
        every,
        template=templates.EVIDENCE,
        orientation="portrait",
        toolchain=toolchain,
    )


def _told(record: Record) -> str:
    """Say what a person has recorded."""
    parts = [f"{record.by}, {_role(record.role)}, on {record.on}: {record.says}."]
    if record.language:
        parts.append(f"Read in {record.language}.")
    if record.readers:
        parts.append(f"Readers: {record.readers}.")
    if record.changed:
        parts.append(f"Changed: {record.changed.rstrip('.')}.")
    if record.note:
        parts.append(f"Note: {record.note.rstrip('.')}.")
    return " ".join(parts)


def _figures(figures: Figures) -> str:
    return ", ".join(f"{score.formula.name} {score.value:.1f}" for score in figures.scores)


def _role(role: str) -> str:
    return role.replace("-", " ")


def _scored(by: str, records: Mapping[str, Record], total: int) -> str:
    says = Counter(item.says for item in records.values())
    last = max(item.on for item in records.values())
    counted = says["agree"] + says["disagree"]
    other = [f"not applicable: {says['not applicable']}"] if says["not applicable"] else []
    if len(records) < total:
        other.append(f"no answer yet: {total - len(records)}")
    more = f" ({'; '.join(other)})" if other else ""
    return f"Scored by {by} on {last}: {says['agree']} of {counted}{more}."


def _counted(names: Iterable[str]) -> list[str]:
    return [f"{name} × {n}" if n > 1 else name for name, n in sorted(Counter(names).items())]
