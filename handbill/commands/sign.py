"""`sign` records who has read and approved a text."""

import argparse
import datetime as dt

from handbill import sources
from handbill.commands import asked, told
from handbill.diagnostics import Fault, Severity
from handbill.store import Store
from handbill.terminal import say


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    sign = commands.add_parser("sign", help="record who has read and approved a text")
    asked.common(sign)
    sign.add_argument("--leaflet", required=True, help="its id, or handbill: the templates' words")
    sign.add_argument("--language", required=True)
    sign.add_argument("--role", required=True, help="such as clinical-reviewer or translator")
    sign.add_argument("--name", required=True, help="who signs")
    sign.add_argument(
        "--text", required=True, metavar="CODE", help="the code on the page that was read"
    )
    sign.add_argument("--expires", type=asked.date, help="last day, YYYY-MM-DD")
    sign.set_defaults(command=_sign)


def _sign(options: argparse.Namespace) -> int:
    from handbill import project, report, signoff  # noqa: PLC0415
    from handbill.model import Signature  # noqa: PLC0415

    loaded = project.load(sources.read(options.root), today=asked.today(options))
    domain, tag = options.leaflet, options.language
    settings = loaded.settings
    tags = [
        item
        for item in (settings.source_language, *settings.languages)
        if loaded.publishes(domain, item)
    ]
    for place, wanted, names in (
        ("--leaflet", domain, [*loaded.leaflets, *loaded.interfaces]),
        ("--language", tag, tags),
        ("--role", options.role, signoff.ROLES),
    ):
        if wanted not in names:
            asked.unknown(place, wanted, names)
    days = min(settings.signature_days, (dt.date.max - loaded.today).days)
    signature = Signature(
        role=options.role,
        name=" ".join(options.name.split()),
        date=loaded.today,
        expires=options.expires or loaded.today + dt.timedelta(days=days),
        text=options.text,
    )
    signed = signoff.sign(loaded, domain, tag, signature)
    found = [
        item
        for item in told.rules().run(loaded)
        if item.severity is Severity.ERROR
        and item.scope.clinic is None
        and item.scope.leaflet in {None, domain}
        and item.scope.language in {None, tag}
    ]
    if isinstance(signed, Fault):
        found.append(told.rules().diagnose(signed))
    if found or isinstance(signed, Fault):
        told.tell(found)
        say(f"not signed; {report.summary(found)}")
        return told.FINDINGS
    Store(options.root).publish(signed.path, signoff.write(signed))
    say(f"{signed.path}: {signature.role}, until {signature.expires}")
    return told.CLEAN
