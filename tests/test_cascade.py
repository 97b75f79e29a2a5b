"""What stylesheets make of elements, told without laying a page out."""

import pytest

from handbill import cascade


def page(css: str, body: str) -> str:
    """Return a page with a stylesheet."""
    return f"<!DOCTYPE html><html><head><style>{css}</style></head><body>{body}</body></html>"


def seen(css: str, body: str, *, medium: str = "screen", dark: bool = False) -> list[str]:
    """Return the colours of each text, as `text on background`."""
    found = cascade.Page(page(css, body)).contrasts(medium=medium, dark=dark)
    return [f"{item.colour} on {item.background}" for item in found]


@pytest.mark.parametrize(
    ("css", "colours"),
    [
        ("", "#000000 on #ffffff"),
        ("body { color: #222; background: #eee } p { }", "#222222 on #eeeeee"),
        (":root { --a: #123456 } p { color: var(--a) }", "#123456 on #ffffff"),
        (":root { --a: #123 } body { --a: #456 } p { color: var(--a) }", "#445566 on #ffffff"),
        ("p { color: var(--none, red) }", "#ff0000 on #ffffff"),
        ("p { color: var(--none) }", "#000000 on #ffffff"),
        ("p { color: red } .x { color: blue } p { color: green }", "#0000ff on #ffffff"),
        ("p { color: red !important } .x { color: blue }", "#ff0000 on #ffffff"),
        ("p { background: red } p { background-color: blue }", "#000000 on #0000ff"),
        ("p { background-color: red } p { background: blue }", "#000000 on #0000ff"),
        ("body { &.none p, p { color: red } }", "#ff0000 on #ffffff"),
        ("p { background: rgb(0 0 0 / 50%) }", "#000000 on #808080"),
        (
            "body { background: #333 } p { background: no-repeat; color: #fff }",
            "#ffffff on #333333",
        ),
        ("p { color: currentcolor; background: black } body { color: #abc }", "#aabbcc on #000000"),
        ("@media print { p { color: red } }", "#000000 on #ffffff"),
        ("@media screen and (max-width: 30rem) { p { color: red } }", "#ff0000 on #ffffff"),
        ("@media (prefers-color-scheme: light) { p { color: red } }", "#ff0000 on #ffffff"),
    ],
)
def test_colours_are_those_of_the_cascade(css: str, colours: str) -> None:
    """Specificity, importance, inheritance, custom properties and media queries all count."""
    assert seen(css, '<p class="x">Text</p>') == [colours]


def test_a_dark_page_is_another_page() -> None:
    """Custom properties of the dark scheme hold in it, and the browser's own dark page shows."""
    css = ":root { --text: #111 } p { color: var(--text) }"
    dark = "@media (prefers-color-scheme: dark) { :root { --text: #eee } }"

    assert seen(css + dark, "<p>Text</p>", dark=True) == ["#eeeeee on #ffffff"]
    assert seen(":root { color-scheme: light dark }", "<p>Text</p>", dark=True) == [
        "#ffffff on #121212"
    ]


@pytest.mark.parametrize(
    "css",
    [
        "p { color: color-mix(in srgb, red, blue) }",
        "p { color: oklch(50% 0.1 20) }",
        "p { background: color-mix(in srgb, red, blue) }",
    ],
)
def test_what_cannot_be_told_is_not_guessed(css: str) -> None:
    """Colours that are not of sRGB have no ratio that WCAG knows."""
    assert seen(css, "<p>Text</p>") == []


@pytest.mark.parametrize(
    ("css", "is_pictured"),
    [
        ("p { background: url(a.png) }", True),
        ("p { background: linear-gradient(red, blue) }", True),
        ("body { background-image: url(a.png) }", True),
        ("p { background: url(a.png) } p { background-color: white }", True),
        ("body { background: url(a.png) } p { background: white }", False),
        ("p { background: url(a.png) } p { background: none }", False),
    ],
)
def test_text_on_a_picture_has_no_contrast(css: str, *, is_pictured: bool) -> None:
    """Whether it can be read depends on what is behind each letter."""
    found = seen(css, "<p>Text</p>")

    assert found == [" on a picture or a gradient" if is_pictured else "#000000 on #ffffff"]


@pytest.mark.parametrize(
    ("colour", "ratio"), [("#000", 21.0), ("#fff", 1.0), ("#767676", 4.54), ("#777", 4.48)]
)
def test_the_ratio_is_that_of_wcag(colour: str, ratio: float) -> None:
    """#767676 is the lightest grey that passes on white, as WebAIM's tables have it."""
    (found,) = cascade.Page(page(f"p {{ color: {colour} }}", "<p>Text</p>")).contrasts(
        medium="screen"
    )

    assert round(found.ratio, 2) == ratio


@pytest.mark.parametrize(
    ("css", "body", "bold"),
    [
        ("", "<p>a</p>", ""),
        ("", "<p>a<b>b</b></p>", "b"),
        ("", "<table><tr><th>c<i>d</i></table>", "cd"),
        (".x { font-weight: 600 }", '<p class="x">e</p>', "e"),
        ("@media print { p { font: bold 1em serif } }", "<p>f</p>", "f"),
        ("p:hover { font-weight: bold }", "<p>g</p>", "g"),
        (":hover { font-weight: bold }", "<p>g</p>", "g"),
        ("p { font-weight: 500 }", "<p>h</p>", ""),
        ("", '<p style="font-weight: bold">i</p>', "i"),
        ("p::-unheard-of { font-weight: bold }", "<p>j</p>", "j"),
        ("div { p { font-weight: bold } }", "<p>k</p><div><p>l</p></div>", "l"),
        (":root { --arrow: '→' } p::before { content: var(--arrow) }", "<p>m</p>", "→"),
    ],
)
def test_bold_letters(css: str, body: str, bold: str) -> None:
    """Whatever may be bold, on any screen and in any state, is."""
    html = page(css, body)
    added = cascade.Page(page("", "")).letters().bold

    assert cascade.Page(html).letters().bold - added == set(bold)
