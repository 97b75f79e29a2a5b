"""The table of languages."""

from handbill import catalog, languages, plan
from tests.conftest import ROOT, SITUATIONS, findings, load


SPECIMENS = (
    *("en", "es", "pl", "ar", "ur", "hi", "bn", "zh-Hans", "fr", "pt", "ro", "so"),
    *("uk", "vi", "pa", "ta", "th", "he", "fa", "am", "km", "ja"),
)
TEXT = (ROOT / "locales/languages.toml").read_text("utf-8")


def test_the_table_describes_many_languages_without_a_fault() -> None:
    """At least the 22 that specimens are set in, each with data for its dates."""
    found, faults = languages.load(TEXT, "languages.toml")

    assert faults == []
    assert set(SPECIMENS) < set(found)
    assert all(catalog.is_known(language.cldr) for language in found.values())


def test_direction_comes_from_the_script() -> None:
    """Sorani is right to left, whatever Babel makes of `ku-Arab`; so is Dari, which it lacks."""
    found, _ = languages.load(TEXT, "languages.toml")

    right_to_left = {tag for tag, language in found.items() if language.direction == "rtl"}
    assert right_to_left == {"ar", "ur", "he", "fa", "prs", "ku-Arab"}


def test_languages_that_cldr_lacks_work_through_the_table() -> None:
    """White Hmong and S'gaw Karen have no CLDR data: another locale lends its dates."""
    text = "\n".join(
        f'[{tag}]\nautonym = "{name}"\nenglish = "{name}"\nscript = "{script}"\ncldr = "en"\n'
        f'plural = "nplurals=1; plural=0;"\nfonts = ["Noto Sans"]\nline-height = 1.5\n'
        for tag, name, script in (("hmn", "Hmoob", "Latn"), ("ksw", "S'gaw Karen", "Mymr"))
    )
    found, faults = languages.load(text, "languages.toml")

    assert (sorted(found), faults) == (["hmn", "ksw"], [])


def test_no_language_lends_its_words_to_another() -> None:
    """Traditional Chinese without a catalog is a finding, never simplified Chinese."""
    table = (
        '[zh-{0}]\nautonym = "x"\nenglish = "Chinese"\nscript = "{0}"\ncldr = "zh-{0}"\n'
        'plural = "nplurals=1; plural=0;"\nfonts = ["Noto Sans"]\nline-height = 1.6\n'
    )
    english = TEXT[: TEXT.index("[es]")]
    project = load(
        {
            "pyproject.toml": '[tool.handbill]\nlanguages = ["zh-Hant", "zh-Hans"]\n',
            "locales/languages.toml": english + table.format("Hant") + table.format("Hans"),
            "locales/es/LC_MESSAGES/hands.po": None,
            "locales/es/LC_MESSAGES/handbill.po": None,
            "locales/ar/LC_MESSAGES/hands.po": None,
            "locales/ar/LC_MESSAGES/handbill.po": None,
            "locales/zh-Hans/LC_MESSAGES/hands.po": 'msgid "Wash"\nmsgstr "洗"\n',
        }
    )

    assert ("zh-Hant", "hands") not in project.catalogs
    assert {edition.language for edition in plan.editions(project)} == {"en", "zh-Hant", "zh-Hans"}


def test_digits_are_written_and_checked_by_one_policy() -> None:
    """A language with digits of its own writes dates with them, and no others."""
    found, _ = languages.load(TEXT.replace("[fa]\n", '[fa]\ndigits = "arabext"\n'), "x")
    persian = found["fa"]

    assert languages.write_digits("24 نوامبر 2026", persian) == "۲۴ نوامبر ۲۰۲۶"
    assert languages.foreign_digits("۲۴ 5", persian) == ["5"]
    assert languages.foreign_digits("24 ٥", found["ar"]) == ["٥"]


def test_a_published_language_without_a_locale_is_a_finding() -> None:
    """What reads CLDR for the other rules must not end the run."""
    table = (SITUATIONS / "smallest/locales/languages.toml").read_text("utf-8")

    found = findings({"locales/languages.toml": table.replace('cldr = "es"', 'cldr = "qqx"')})

    assert [(item.rule, item.scope.language) for item in found] == [("LF012", "es")]
