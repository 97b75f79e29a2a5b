"""`new` begins leaflets, clinics, languages and formats."""

import argparse
from dataclasses import replace

from handbill import sources
from handbill.commands import asked, told
from handbill.store import Store
from handbill.terminal import say


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("new", help="begin a leaflet, clinic, language or format")
    things = parser.add_subparsers(title="things", dest="thing", metavar="THING", required=True)
    leaflet = things.add_parser("leaflet", help="with the sections of its kind")
    leaflet.add_argument("--kind", required=True, help="condition, procedure, medicine or advice")
    clinic = things.add_parser("clinic", help="with the choices that leaflets ask for")
    clinic.add_argument("--country", required=True, help="two capitals, such as GB")
    language = things.add_parser("language", help="as CLDR knows it, with empty catalogs")
    page_format = things.add_parser("format", help="as a copy of a4")
    for thing in (leaflet, clinic, page_format):
        thing.add_argument("name", metavar="ID", help="small letters, digits and hyphens")
    language.add_argument("name", metavar="TAG", help="its BCP 47 tag, such as fr")
    for thing in (leaflet, clinic, language, page_format):
        asked.common(thing)
        thing.set_defaults(command=_new)


def _new(options: argparse.Namespace) -> int:
    """Begin something; what a person must write in it is TODO, which `check` finds."""
    from handbill import catalog, desk, project, scaffold  # noqa: PLC0415

    found = sources.read(options.root)
    loaded = project.load(found, today=asked.today(options))
    name = options.name
    if options.thing == "leaflet":
        begun = scaffold.leaflet(found, name, kind=options.kind, today=loaded.today)
    elif options.thing == "clinic":
        begun = scaffold.clinic(found, loaded, name, country=options.country)
    elif options.thing == "language":
        begun = scaffold.language(found, loaded, name)
    else:
        begun = scaffold.page_format(found, name)
    store = Store(options.root)
    for path, data in begun.files.items():
        store.publish(path, data)
        say(path)
    if options.thing == "language":
        found = sources.read(options.root)
        loaded = project.load(found, today=loaded.today)
        # As if it were published: its catalogs are made before it is.
        loaded = replace(loaded, settings=replace(loaded.settings, languages=(name,)))
        for work in desk.update(loaded, found, domains=catalog.texts(loaded), languages=[name]):
            store.publish(work.path, work.data)
            say(f"{work.path}: {work.said}")
    for step in begun.steps:
        say(f"next: {step}")
    return told.CLEAN
