"""The table of languages: what Babel gets wrong, or does not know, is written down there."""

from collections.abc import Mapping
from types import MappingProxyType

from handbill.diagnostics import Fault
from handbill.model import Language
from handbill.tables import Key, read


#: Scripts written from right to left (ISO 15924). Babel forgets the script of `ku-Arab`.
RIGHT_TO_LEFT = frozenset({"Adlm", "Arab", "Aran", "Hebr", "Nkoo", "Rohg", "Syrc", "Thaa"})

_LANGUAGE: Mapping[str, Key] = MappingProxyType(
    {
        "autonym": Key(holds=str, example='"Español"'),
        "english": Key(holds=str, example='"Spanish"'),
        "script": Key(holds=str, pattern=r"[A-Z][a-z]{3}", example='"Latn"'),
        "direction": Key(holds=str, required=False, choices=("ltr", "rtl")),
        "cldr": Key(holds=str, example='"es-MX"'),
        "plural": Key(
            holds=str,
            pattern=r"nplurals=\d; plural=[n0-9()<>=!&|?:%* ]+;",
            example='"nplurals=2; plural=(n != 1);"',
        ),
        "fonts": Key(holds=list, of=str, filled=True, example='["Noto Sans"]'),
        "line-height": Key(holds=float, example="1.4"),
    }
)


def load(text: str, path: str) -> tuple[dict[str, Language], list[Fault]]:
    """Read `languages.toml`; a language with a mistake in it is left out."""
    tags = Key(holds=dict, required=False, keys=_LANGUAGE)
    table = read(text, {"*": tags}, kind="languages-file", path=path)
    required = {name for name, key in _LANGUAGE.items() if key.required}
    found: dict[str, Language] = {}
    for tag, values in table.values.items():
        if required - set(values):
            continue
        script = values["script"]
        default = "rtl" if script in RIGHT_TO_LEFT else "ltr"
        found[tag] = Language(
            tag=tag,
            autonym=values["autonym"],
            english=values["english"],
            script=script,
            direction=values.get("direction", default),
            cldr=values["cldr"],
            plural=values["plural"],
            fonts=tuple(values["fonts"]),
            line_height=float(values["line-height"]),
            locations={name: table.where(tag, name) for name in _LANGUAGE},
        )
    return found, list(table.faults)
