"""`watch` shows an edition in the browser, and follows every save."""

import argparse

from handbill.commands import asked, told
from handbill.terminal import say


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "watch", help="show an edition in the browser, and follow every save"
    )
    asked.common(parser)
    for name in asked.FILTERS:
        parser.add_argument(f"--{name}", metavar="ID", help="what is shown first")
    parser.add_argument("--port", type=int, default=0, help="of this machine (default: a free one)")
    parser.add_argument("--open", action="store_true", help="open the browser")
    parser.set_defaults(command=_watch)


def _watch(options: argparse.Namespace) -> int:
    """Show editions in the browser until Ctrl-C, which is how this ends."""
    import threading  # noqa: PLC0415
    import webbrowser  # noqa: PLC0415

    from handbill import runner, saves, serve, watch  # noqa: PLC0415

    told.rules()
    fonts_conf = str(asked.fonts_conf(options))
    watcher = watch.Watch(
        options.root,
        today=lambda: asked.today(options),
        fonts_conf=fonts_conf,
        hire=lambda: runner.executor("process", watch.WORKERS)[0],
    )
    try:
        chosen = {}
        for name, names in watcher.choices().items():
            if (wanted := getattr(options, name)) and wanted not in names:
                asked.unknown(f"--{name}", wanted, names)
            chosen[name] = wanted or (*names, "none")[0]
        first = watcher.edition(
            chosen["leaflet"], chosen["language"], chosen["clinic"], options.format or ""
        )
        server = serve.Server(watcher, first, options.port)
        server.start()
        try:
            watcher.warm(first)
            say(f"{server.address}\nCtrl-C ends")
            if options.open:
                webbrowser.open(server.address)
            for touched in saves.changes(options.root, threading.Event()):
                for sight in watcher.saved(touched):
                    say(f"{', '.join(sorted(touched))}: {sight.status}")
        except KeyboardInterrupt:
            say("ended; nothing was written")
        finally:
            server.stop()
    finally:
        watcher.end()
    return told.CLEAN
