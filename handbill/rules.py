"""The registry of rules: id, name, severity, and a manual that says what, why and how to mend.

A rule's name is the `kind` of the faults that break it. Some rules also look for their faults
themselves, in a project; the others are met by those who read files or print.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from inspect import cleandoc
from typing import TYPE_CHECKING

from handbill.diagnostics import Diagnostic, Fault, Severity


if TYPE_CHECKING:
    # The model is slow to load, and a report of nothing does without.
    from handbill.model import Project


Check = Callable[["Project"], Iterable[Fault]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that a published leaflet may not be."""

    id: str
    name: str
    severity: Severity
    manual: str
    check: Check | None = None

    @property
    def summary(self) -> str:
        """The first line of the manual."""
        return self.manual.split("\n", 1)[0]


_BY_NAME: dict[str, Rule] = {}


def declare(rule_id: str, name: str, severity: Severity, manual: str) -> Rule:
    """Register a rule whose faults are met while reading or printing."""
    return _register(Rule(id=rule_id, name=name, severity=severity, manual=cleandoc(manual)))


def rule(rule_id: str, name: str, severity: Severity) -> Callable[[Check], Check]:
    """Register a function that looks for faults in a project; its docstring is the manual."""

    def register(check: Check) -> Check:
        manual = cleandoc(check.__doc__ or "")
        _register(Rule(id=rule_id, name=name, severity=severity, manual=manual, check=check))
        return check

    return register


def every() -> tuple[Rule, ...]:
    """Return all rules in the order of their ids."""
    return tuple(sorted(_BY_NAME.values(), key=lambda known: known.id))


def find(id_or_name: str) -> Rule | None:
    """Return the rule with this id, in any case, or this name."""
    wanted = id_or_name.strip()
    for known in _BY_NAME.values():
        if wanted.upper() == known.id or wanted.lower() == known.name:
            return known
    return None


def diagnose(fault: Fault) -> Diagnostic:
    """Put a fault under the rule that it breaks.

    Raises:
        KeyError: no rule has the name that the fault bears; that is a bug.
    """
    known = _BY_NAME[fault.kind]
    return Diagnostic(
        rule=known.id,
        name=known.name,
        severity=known.severity,
        location=fault.location,
        message=fault.message,
        hint=fault.hint,
        scope=fault.scope,
    )


def run(project: "Project") -> Iterator[Diagnostic]:
    """Yield every finding on a project: what its readers met, and what the checks find."""
    for fault in project.faults:
        yield diagnose(fault)
    for known in every():
        if known.check is not None:
            for fault in known.check(project):
                yield diagnose(fault)


def _register(new: Rule) -> Rule:
    for known in _BY_NAME.values():
        if new.id == known.id or new.name == known.name:
            message = f"two rules called {new.id} {new.name}"
            raise ValueError(message)
    _BY_NAME[new.name] = new
    return new
