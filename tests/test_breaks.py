"""Lines of scripts without spaces."""

from handbill import breaks


def test_khmer_breaks_between_words() -> None:
    """ICU's dictionary finds the words; nothing else changes."""
    html = breaks.between_words("<p>លាងដៃដោយទឹកនិងសាប៊ូ</p>", "km")

    assert html == "<p>លាងដៃ\u200bដោយ\u200bទឹក\u200bនិង\u200bសាប៊ូ</p>"


def test_numbers_entities_and_latin_stay_whole() -> None:
    """A dose is not cut, nor an entity."""
    html = breaks.between_words("<p>5-10 mg/kg &amp; 38.5 °C</p>", "km")

    assert html == "<p>5-10 mg/kg &amp; 38.5 °C</p>"


def test_every_script_that_needs_it_is_broken() -> None:
    """Khmer, Lao and Burmese."""
    for text, locale in (("ក្រុមគ្រូពេទ្យ", "km"), ("ກະລຸນາລ້າງມື", "lo"), ("လက်ဆေးပါ", "my")):
        assert "\u200b" in breaks.between_words(text, locale)
    assert {"Khmr", "Laoo", "Mymr"} == breaks.SCRIPTS


def test_sentences_of_all_scripts_are_found() -> None:
    """With the space behind each, so that nothing is lost; a decimal point ends none."""
    for text, locale, number in (
        ("Wash for 2.5 min. Do not hurry!", "en", 2),
        ("اغسل. لا تتعجل؟ نعم.", "ar", 3),
        ("ہاتھ دھوئیں۔ رکیں۔", "ur", 2),
        ("हाथ धोएँ। रुकें।", "hi", 2),
        ("洗手。不要急。", "zh", 2),
    ):
        found = breaks.sentences(text, locale)

        assert len(found) == number
        assert "".join(found) == text
