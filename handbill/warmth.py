"""The server that workers are forked from, started before anything heavy is loaded here.

It loads the press on one processor while another reads and checks the project.
"""

from multiprocessing import forkserver


#: The modules that a worker prints with.
_PRESS = ("press", "accessibility", "typeset", "webfonts", "proofread", "validate", "impose")


def warm() -> None:
    """Start the server; what it loads is loaded once, not once in each worker."""
    forkserver.set_forkserver_preload([f"handbill.{name}" for name in _PRESS])
    forkserver.ensure_running()
