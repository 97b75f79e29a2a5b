"""LF85 and LF86: what is released, and whether what was received is what was released."""

from handbill.diagnostics import Severity
from handbill.rules import declare


declare(
    "LF850",
    "unreleasable",
    Severity.ERROR,
    """
    An edition that cannot be released: it is not current, or there is none.

    What it does: asks of each edition that was asked for whether it is final, and as it would be
    made today.
    Why is this bad? A release without one language looks whole to those who do not read it.
    Use instead: mend what the build has found; or name what is to be released with filters, or
    `--signed`, and the notes say what was left out.
    """,
)
declare(
    "LF851",
    "release-name",
    Severity.ERROR,
    """
    A name that a release cannot have, or that another release has already.

    What it does: allows letters, digits, full stops, hyphens and low lines; compares a release of
    this name that is there already with the one that would be written.
    Why is this bad? Two releases of one name cannot be told apart on a shelf.
    Example: `--name "autumn / 2026"`
    Use instead: `--name 2026.11.1`
    """,
)
declare(
    "LF852",
    "last-release",
    Severity.ERROR,
    """
    The release named by `--since` cannot be compared with.

    What it does: compares its files with their sums; it must be the whole, no clinic's part.
    Why is this bad? The notes would say that things have changed which have not, or the reverse.
    Use instead: the folder or the zip of the last release, as it was published.
    """,
)
declare(
    "LF853",
    "uncommitted",
    Severity.WARNING,
    """
    A release of files that are not as in the repository.

    What it does: asks git for files of the project that are changed or new.
    Why is this bad? The revision in the manifest does not hold what was released, so nobody can
    make it again.
    Use instead: commit, then release.
    """,
)
declare(
    "LF855",
    "release-file",
    Severity.ERROR,
    """
    A file that tells of a release is missing, or is not what handbill writes.

    What it does: `verify` reads SHA256SUMS, manifest.json, texts.json and provenance.intoto.json.
    Why is this bad? Without them nothing can be said of the leaflets beside them.
    Use instead: get the release again from where it was published.
    """,
)
declare(
    "LF856",
    "unsafe-archive",
    Severity.ERROR,
    """
    A zip or a folder that may harm who unpacks or opens it.

    What it does: looks for names that lead out of their folder or that are two names on some
    systems, for links, for files that lie over each other, for bytes between them, and for a zip
    that would unpack to far more than any release.
    Why is this bad? Such a zip overwrites files elsewhere, or is another file on each machine.
    Use instead: do not unpack it.
    """,
)
declare(
    "LF857",
    "tampered-file",
    Severity.ERROR,
    """
    A file of a release is not what it was.

    What it does: `verify` compares the digest of each file with SHA256SUMS.
    Why is this bad? One changed figure in a dose looks like any other.
    Use instead: get the release again; do not hand this file out.
    """,
)
declare(
    "LF858",
    "missing-file",
    Severity.ERROR,
    """
    A file of a release is not there.

    What it does: `verify` looks for every file of SHA256SUMS and of the manifest.
    Why is this bad? A language may be gone, and nobody would know.
    Use instead: get the release again.
    """,
)
declare(
    "LF859",
    "extra-file",
    Severity.ERROR,
    """
    A file that is no part of the release it lies in.

    What it does: `verify` looks for files that SHA256SUMS or the manifest does not name.
    Why is this bad? It is handed out as if it had been checked.
    Use instead: keep other files elsewhere.
    """,
)
declare(
    "LF860",
    "contradictory-record",
    Severity.ERROR,
    """
    Two records of a release tell different things.

    What it does: `verify` compares the manifest, SHA256SUMS, the provenance and the files, and the
    part for a clinic or a language with the whole.
    Why is this bad? Who changes a file and its sum has changed the release.
    Use instead: get the release again.
    """,
)
declare(
    "LF861",
    "forged-text",
    Severity.ERROR,
    """
    A signature in a release is not for the text beside it.

    What it does: `verify` works out the code of each text anew, and compares it with what each
    person has signed.
    Why is this bad? A person's name would stand under what that person has not read.
    Use instead: get the release again.
    """,
)
declare(
    "LF862",
    "disguised-draft",
    Severity.ERROR,
    """
    A draft that is said to be final, or pages that are not what the manifest says.

    What it does: `verify` counts the signatures of each edition, and looks on its pages for the
    stamp of a draft and for the code of its text.
    Why is this bad? Nobody has answered for a draft.
    Use instead: do not hand it out.
    """,
)
declare(
    "LF863",
    "expired-release",
    Severity.WARNING,
    """
    A signature in a release holds no more.

    What it does: `verify` compares the last day of each signature with today.
    Why is this bad? It is time that somebody reads the text again.
    Use instead: a newer release.
    """,
)
declare(
    "LF864",
    "unlike-checkout",
    Severity.ERROR,
    """
    Editions cannot be made anew here: the checkout or the toolchain is not the release's.

    What it does: `verify --typeset` compares the files, packages and libraries first.
    Why is this bad? Other bytes would say nothing of the release.
    Use instead: check out the revision of its manifest, with the same Python and libraries.
    """,
)
declare(
    "LF865",
    "other-impression",
    Severity.ERROR,
    """
    An edition made anew from the same inputs is not the released one.

    What it does: `verify --typeset` compares their bytes.
    Why is this bad? Somebody has changed the file, and every record of it.
    Use instead: do not hand it out; tell the publisher.
    """,
)
