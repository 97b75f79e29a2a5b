"""Which editions share a shell, and what a worker makes of shells and cards.

With `fan-out` a text is typeset once for all clinics of one kind: those that print the same local
variants, have the same telephone numbers but for their digits, and whose blocks take the same
height. What an edition is made of never depends on which other clinics there are.
"""

import json
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from handbill import imprint, press, rules, toolchain
from handbill.diagnostics import Fault, HandbillError, Location, Severity
from handbill.editions import Edition, Impression
from handbill.imprint import Card, Shell, Unfit
from handbill.model import Job, Proof
from handbill.sources import digest


#: How many editions a worker imprints at once: enough to be worth sending it a shell.
BATCH = 16
#: One of so many imprinted editions is examined in full, besides the first of each shell.
SAMPLE = 50
#: The block at the head of the first page.
_HEAD = "brand"
#: Batches of one shell in flight.
_WINDOW = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An edition that is to be imprinted.

    Attributes:
        job: what it would be typeset from directly.
        blank: what its shell is typeset from.
        masks: the values that stand for its slots' in the shell.
    """

    job: Job
    inputs: dict[str, str]
    blank: Job
    masks: Mapping[str, str]

    @property
    def edition(self) -> Edition:
        """The edition."""
        return self.job.edition

    def kind(self, heights: Mapping[str, float]) -> str:
        """Name what editions of one leaflet, language and format have in common in one shell."""
        blank = self.blank
        return repr((blank.edition, blank.clinic, blank.draft, sorted(heights.items())))

    @property
    def values(self) -> dict[str, str]:
        """The values of its slots, as they are printed, where the shell has others."""
        return {name: press.unbroken(self.job.clinic.slots[name]) for name in self.masks}

    def key(self, shell: Proof, card: str) -> str:
        """Name all that its PDF depends on."""
        clinic = self.job.clinic
        made_of = [self.edition.path, shell.key, card, clinic.id, clinic.name, self.values]
        return digest(json.dumps(made_of).encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A shell or a card that is wanted.

    Attributes:
        proof: what is to be typeset.
        work: what a worker does.
        arguments: what it is given.
    """

    proof: Proof
    work: Callable[..., Impression]
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprinted:
    """What became of a wish: an edition, or why it must be typeset directly.

    Attributes:
        impression: the edition; None if there is none.
        reason: why there is none.
        proof: its shell's proof, with the key of all that the edition depends on.
        parts: the keys of its shell and its cards.
    """

    wish: Wish
    impression: Impression | None = None
    reason: str = ""
    proof: Proof | None = None
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Card:
    """A card by its key; its heights, or why it cannot be used."""

    key: str
    heights: Mapping[str, float]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a worker needs to imprint an edition.

    Attributes:
        card: the clinic's card, as it is kept.
        examined: the job that it would be typeset from directly, if it is to be examined.
    """

    clinic: str
    name: str
    values: Mapping[str, str]
    card: bytes
    examined: Job | None


#: An edition and the keys of its clinic's cards, one for each setting that its shell was tried in.
_Fitting = tuple[Wish, tuple[str, ...]]


class FanOut:
    """Imprints the editions of a build. It asks the build for what must be printed or is kept."""

    def __init__(
        self,
        *,
        wanted: str,
        fonts_conf: str,
        made: Callable[[Iterable[Task]], Iterator[tuple[Task, Impression]]],
        kept: Callable[[str], Impression | None],
        submit: Callable[..., Future[Any]],
        result: Callable[[Future[Any]], Any],
    ) -> None:
        """Take what a build has.

        Args:
            wanted: the digest of the toolchain, part of every key.
            fonts_conf: the only source of fonts.
            made: does tasks, or finds what they have made before, in any order.
            kept: returns what was made under a key.
            submit: lets a worker do the rest.
            result: waits for what it has done.
        """
        self.toolchain, self.asked = wanted, (wanted, fonts_conf)
        self.made, self.kept = made, kept
        self.submit, self.result = submit, result

    def imprint(self, wishes: Sequence[Wish]) -> Iterator[Imprinted]:
        """Imprint editions in one language and format."""
        cards = self._cards(wishes, "")
        usual = self._usual(wishes)
        kinds: list[tuple[Wish, Mapping[str, float]]] = []
        for wish in wishes:
            card = cards[wish.edition.clinic]
            if card.reason:
                yield Imprinted(wish=wish, reason=card.reason)
            else:
                heights = usual.get(wish.job.clinic.paper, card.heights)
                # What stands at the head of the first page moves all that follows.
                kinds.append((wish, {**heights, _HEAD: card.heights.get(_HEAD, 0.0)}))
        stiff = yield from self._shells(kinds, cards)
        # These blocks are too high or too low for a shell of the usual heights.
        left = [(wish, cards[wish.edition.clinic].heights) for wish in stiff]
        for wish in (yield from self._shells(left, cards)):
            yield Imprinted(wish=wish, reason="its blocks take another height")

    def _usual(self, wishes: Iterable[Wish]) -> dict[str, Mapping[str, float]]:
        """Return the heights of the usual clinic's blocks, by its paper."""
        papers = {wish.job.clinic.paper: press.standard(wish.job) for wish in wishes}
        tasks: dict[str, list[str]] = {}
        wanted: list[Task] = []
        for paper, job in papers.items():
            proof = press.compose_card(job, "", self.toolchain)
            tasks.setdefault(proof.key, []).append(paper)
            wanted.append(Task(proof=proof, work=make_card, arguments=self.asked))
        found: dict[str, Mapping[str, float]] = {}
        for task, made in self.made(wanted):
            with suppress(Unfit):
                found |= dict.fromkeys(tasks[task.proof.key], _heights(made))
        return found

    def _shells(
        self, kinds: Iterable[tuple[Wish, Mapping[str, float]]], cards: Mapping[str, _Card]
    ) -> Generator[Imprinted, None, list[Wish]]:
        """Imprint editions on shells whose blanks have these heights; return those that do not fit.

        Args:
            kinds: the editions, and the heights.
            cards: the cards of their clinics.
        """
        alike: dict[str, tuple[Mapping[str, float], list[Wish]]] = {}
        for wish, heights in kinds:
            alike.setdefault(wish.kind(heights), (heights, []))[1].append(wish)
        tasks: dict[str, Task] = {}
        groups: dict[str, list[Wish]] = {}
        for heights, group in alike.values():
            blank, masks = group[0].blank, group[0].masks
            try:
                proof = press.compose_shell(blank, masks, heights, self.toolchain)
            except (Unfit, HandbillError) as error:
                yield from (Imprinted(wish=wish, reason=str(error)) for wish in group)
                continue
            # A number may stand only in a local variant that these clinics do not print.
            shown = {name: mask for name, mask in masks.items() if mask in proof.html}
            task = Task(proof=proof, work=make_shell, arguments=(shown, *self.asked))
            tasks[proof.key] = task
            groups.setdefault(proof.key, []).extend(group)
        stiff: list[Wish] = []
        for task, shell in self.made(tasks.values()):
            group = groups[task.proof.key]
            try:
                usable = _usable(shell)
            except Unfit as error:
                yield from (Imprinted(wish=wish, reason=str(error)) for wish in group)
                continue
            # Those whose last page is stretched are examined apart from those as the shell is.
            fits: dict[bool, list[Wish]] = {}
            for wish in group:
                heights = cards[wish.edition.clinic].heights
                if imprint.stretches(usable, heights):
                    fits.setdefault(imprint.is_stretched(usable, heights), []).append(wish)
                else:
                    stiff.append(wish)
            for fit in fits.values():
                yield from self._imprint(fit, task.proof, shell, usable.tried, cards)
        return stiff

    def _imprint(
        self,
        wishes: Sequence[Wish],
        proof: Proof,
        shell: Impression,
        tried: Sequence[str],
        plain: Mapping[str, _Card],
    ) -> Iterator[Imprinted]:
        """Imprint editions on one shell, the first before the others."""
        cards = {fit: self._cards(wishes, fit) if fit else plain for fit in tried}
        fitting: list[_Fitting] = []
        for wish in wishes:
            own = [cards[fit][wish.edition.clinic] for fit in tried]
            if any(card.heights != own[0].heights for card in own):
                reason = "its clinic's blocks take another height in a tighter or roomier setting"
                yield Imprinted(wish=wish, reason=reason)
            else:
                fitting.append((wish, tuple(card.key for card in own)))
        place = tried.index(shell.fit)
        running: deque[tuple[list[_Fitting], Future[Any]]] = deque()
        examined = False
        while fitting or running:
            # Until one has passed its examination, they are imprinted one by one.
            while fitting and len(running) < (_WINDOW if examined else 1):
                size = BATCH if examined else 1
                batch, fitting = fitting[:size], fitting[size:]
                orders = []
                for wish, keys in batch:
                    card = self.kept(keys[place])
                    orders.append(_order(wish, card.data if card else b"", first=not examined))
                arguments = shell, orders, *self.asked
                running.append((batch, self.submit(imprint_all, *arguments)))
            batch, future = running.popleft()
            for (wish, keys), pdf in zip(batch, self.result(future), strict=True):
                if isinstance(pdf, str):
                    yield Imprinted(wish=wish, reason=pdf)
                    continue
                examined = True
                yield Imprinted(
                    wish=wish,
                    impression=_impression(shell, wish, pdf),
                    proof=replace(proof, edition=wish.edition, key=wish.key(proof, keys[place])),
                    parts=(proof.key, *keys),
                )

    def _cards(self, wishes: Iterable[Wish], fit: str) -> dict[str, _Card]:
        """Return the cards of all clinics, in one setting of the stylesheet."""
        cards: dict[str, _Card] = {}
        tasks: dict[str, Task] = {}
        for wish in wishes:
            if (clinic := wish.edition.clinic) not in tasks:
                proof = press.compose_card(wish.job, fit, self.toolchain)
                tasks[clinic] = Task(proof=proof, work=make_card, arguments=self.asked)
        for task, made in self.made(tasks.values()):
            key = task.proof.key
            try:
                card = _Card(key=key, heights=_heights(made))
            except Unfit as error:
                card = _Card(key=key, heights={}, reason=str(error))
            cards[task.proof.edition.clinic] = card
        return cards


def wish(job: Job, inputs: dict[str, str]) -> Wish:
    """Say how an edition would be imprinted.

    Raises:
        Unfit: it must be typeset directly.
    """
    blank, masks = press.shell(job)
    return Wish(job=job, inputs=inputs, blank=blank, masks=masks)


def _order(wish: Wish, card: bytes, *, first: bool) -> Order:
    """Return what a worker needs to imprint an edition."""
    clinic = wish.job.clinic
    sampled = int(digest(wish.edition.path.encode())[:8], 16) % SAMPLE == 0
    return Order(
        clinic=clinic.id,
        name=clinic.name,
        values=wish.values,
        card=card,
        examined=wish.job if first or sampled else None,
    )


def _usable(shell: Impression) -> Shell:
    """Read a shell.

    Raises:
        Unfit: it could not be cut, or something is wrong with it: the direct way says where.
    """
    for fault in shell.faults:
        if rules.diagnose(fault).severity is Severity.ERROR:
            raise Unfit(f"its shell breaks a rule: {fault.kind}")
    return imprint.loads(Shell, shell.data)


def _heights(card: Impression) -> dict[str, float]:
    """Return how high each block of a card is, in CSS pixels.

    Raises:
        Unfit: there is no such card, or something is wrong with it.
    """
    if card.faults:
        raise Unfit(f"its clinic's blocks break a rule: {card.faults[0].kind}")
    cuts = imprint.loads(Card, card.data).cuts
    # Of two heights that are one on paper, the shell is made for one.
    return {name: round(cut.spot.height, 6) for name, cut in cuts.items()}


def _impression(shell: Impression, wish: Wish, pdf: bytes) -> Impression:
    """Return an edition as if it had been typeset: what was found in its shell is found in it."""
    edition, made = wish.edition, wish.blank.edition
    faults = tuple(
        replace(
            fault,
            scope=edition.scope if fault.scope == made.scope else fault.scope,
            location=(
                Location(path=edition.path) if fault.location.path == made.path else fault.location
            ),
        )
        for fault in shell.faults
    )
    return replace(shell, data=pdf, faults=faults)


def make_card(proof: Proof, wanted: str, fonts_conf: str) -> Impression:
    """In a worker: typeset a card, if this machine prints as the asking one."""
    return _refused(proof, wanted, fonts_conf) or press.print_card(proof)


def make_shell(proof: Proof, masks: Mapping[str, str], wanted: str, fonts_conf: str) -> Impression:
    """In a worker: typeset a shell, if this machine prints as the asking one."""
    return _refused(proof, wanted, fonts_conf) or press.print_shell(proof, masks)


def _refused(proof: Proof, wanted: str, fonts_conf: str) -> Impression | None:
    # WeasyPrint takes a second to load. A worker has loaded it; who only asks need not.
    from handbill import typeset  # noqa: PLC0415

    typeset.prepare(fonts_conf)
    edition = proof.edition
    stranger = toolchain.stranger(wanted, fonts_conf, edition.path, edition.scope)
    return Impression(data=b"", pages=0, faults=(stranger,)) if stranger else None


def imprint_all(
    shell: Impression, orders: Sequence[Order], wanted: str, fonts_conf: str
) -> list[bytes | str]:
    """In a worker: imprint editions; say of each that cannot be why not."""
    from handbill import typeset  # noqa: PLC0415 - as above

    typeset.prepare(fonts_conf)
    blank = imprint.loads(Shell, shell.data)
    known = {fault.kind for fault in shell.faults}
    made: list[bytes | str] = []
    for item in orders:
        try:
            card = imprint.loads(Card, item.card)
            pdf = imprint.imprint(
                blank, card, clinic=item.clinic, name=item.name, slots=item.values
            )
            if item.examined:
                _examine(pdf, item.examined, known, wanted)
            made.append(pdf)
        except Unfit as error:
            made.append(str(error))
    return made


def _examine(pdf: bytes, job: Job, known: set[str], wanted: str) -> None:
    """Read and judge an imprinted edition by the page that it would be typeset from directly.

    Raises:
        Unfit: something is wrong with it that is not wrong with its shell.
    """
    proof = press.compose(job, wanted)
    if isinstance(proof, Fault):
        raise Unfit(f"it cannot be composed: {proof.message}")
    for fault in press.read_back(proof, pdf):
        if fault.kind not in known:
            raise Unfit(f"it was examined, and found wrong: {fault.message}")
