"""What programs read of a catalogue: feeds (RFC 4287), a sitemap, and schema.org in pages.

Feeds and sitemaps hold addresses that are whole, so they are for sites whose address is known.
"""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape, quoteattr

from handbill.catalogue import Catalogue, Entry


_ATOM = "http://www.w3.org/2005/Atom"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
#: What a code names; of others the page says nothing.
_CONDITION = "condition"


def feed(
    entries: Iterable[Entry], *, base: str, path: str, page: str, title: str, author: str, tag: str
) -> bytes:
    """Write a feed of leaflets: what is new, what has changed, what is withdrawn, newest first.

    Each version of a text is an entry of its own. Dates are the leaflets' own, so that the same
    catalogue always gives the same feed.

    Args:
        entries: what it tells of.
        base: the site's address.
        path: the feed's own place below it.
        page: the place of the page for readers.
        title: what it is called.
        author: whose it is: every entry needs somebody.
        tag: the language of the title.
    """
    rows = sorted(entries, key=lambda item: (-item.changed.toordinal(), item.key))
    newest = max((item.changed for item in rows), default=dt.date(1970, 1, 1))
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<feed xmlns="{_ATOM}" xml:lang={quoteattr(tag)}>',
        f"<id>{escape(_id(base, path))}</id>",
        f"<title>{escape(title)}</title>",
        f"<updated>{_time(newest)}</updated>",
        f"<author><name>{escape(author)}</name></author>",
        f'<link rel="self" type="application/atom+xml" href={quoteattr(f"{base}/{path}")}/>',
        f'<link rel="alternate" type="text/html" href={quoteattr(f"{base}/{page}")}/>',
    ]
    for item in rows:
        lines += [
            f"<entry xml:lang={quoteattr(item.language)}>",
            f"<id>{escape(_id(base, f'{item.folder}{item.version}/'))}</id>",
            f"<title>{escape(item.title)}</title>",
            f"<published>{_time(item.published)}</published>",
            f"<updated>{_time(item.changed)}</updated>",
            _link(item.language, f"{base}/{item.folder}"),
            *(
                f'<link rel="enclosure" type="application/pdf" length="{file.size}"'
                f" href={quoteattr(f'{base}/{file.path}')}/>"
                for file in item.files
                if file.kind == "pdf"
            ),
            *(f'<category term="{term}"/>' for term in _terms(item)),
            *(
                f"<category term={quoteattr(code)} scheme={quoteattr(f'urn:handbill:{system}')}/>"
                for system, code in sorted(item.codes.items())
            ),
            f"<summary>{escape(item.summary)}</summary>",
            "</entry>",
        ]
    return ("\n".join([*lines, "</feed>"]) + "\n").encode()


def sitemap(addresses: Mapping[str, tuple[dt.date, Mapping[str, str]]]) -> bytes:
    """Write a sitemap.

    Args:
        addresses: for each page when it last changed, and its other languages by their tags.
    """
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<urlset xmlns="{_SITEMAP}" xmlns:xhtml="http://www.w3.org/1999/xhtml">',
    ]
    for address, (changed, others) in sorted(addresses.items()):
        links = "".join(
            f'<xhtml:link rel="alternate" hreflang={quoteattr(tag)} href={quoteattr(other)}/>'
            for tag, other in sorted(others.items())
        )
        lines.append(
            f"<url><loc>{escape(address)}</loc><lastmod>{changed.isoformat()}</lastmod>{links}</url>"
        )
    return ("\n".join([*lines, "</urlset>"]) + "\n").encode()


def linked(entry: Entry, catalogue: Catalogue, *, base: str) -> str:
    """Describe a leaflet's page in the words of schema.org, as JSON that may stand in HTML.

    Reviewers are named only of what they have signed, and an illness only by its code.
    """
    clinic = next(item for item in catalogue.places if item.id == entry.clinic)
    reviewers = dict.fromkeys(
        item.name for item in entry.checked_by if item.role == "clinical-reviewer"
    )
    found: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "MedicalWebPage",
        "name": entry.title,
        "description": entry.summary,
        "inLanguage": entry.language,
        "version": entry.version,
        "datePublished": entry.published.isoformat(),
        "lastReviewed": entry.last_review.isoformat(),
        "creativeWorkStatus": "Draft" if entry.draft else "Published",
        "audience": {"@type": "Patient", "audienceType": entry.audience},
        "author": [{"@type": "Person", "name": name} for name in entry.authors],
        "publisher": {"@type": "MedicalOrganization", "name": clinic.name},
    }
    if reviewers:
        found["reviewedBy"] = [{"@type": "Person", "name": name} for name in reviewers]
    if entry.codes and entry.kind in {_CONDITION, ""}:
        found["about"] = {
            "@type": "MedicalCondition",
            "name": entry.title,
            "code": [
                {"@type": "MedicalCode", "codeValue": code, "codingSystem": system.upper()}
                for system, code in sorted(entry.codes.items())
            ],
        }
    if base:
        found["url"] = f"{base}/{entry.folder}"
        found["encoding"] = [
            {
                "@type": "MediaObject",
                "contentUrl": f"{base}/{file.path}",
                "encodingFormat": "text/html" if file.kind == "html" else "application/pdf",
                "contentSize": str(file.size),
                "sha256": file.digest,
            }
            for file in entry.files
        ]
    return json.dumps(found, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c")


def _link(tag: str, address: str) -> str:
    named, at = quoteattr(tag), quoteattr(address)
    return f'<link rel="alternate" type="text/html" hreflang={named} href={at}/>'


def _terms(entry: Entry) -> list[str]:
    return [
        *(["withdrawn"] if entry.withdrawn else []),
        *(["draft"] if entry.draft and not entry.withdrawn else []),
    ]


def _id(base: str, path: str) -> str:
    """Name something for ever (RFC 4151): by who speaks, and by its place, which never moves."""
    host = urlsplit(base).hostname or ""
    folder = urlsplit(base).path.strip("/")
    return f"tag:{host},2026:{quote('/'.join(filter(None, (folder, path))))}"


def _time(day: dt.date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
