"""The text of finished HTML."""

from handbill import hypertext


def test_only_text_is_changed() -> None:
    """Tags, attributes, styles, titles and comments stay as they are."""
    html = '<title>a</title><style>a{}</style><!-- a --><p class="a">a<br>a</p>'

    assert hypertext.change(html, str.upper) == html.replace(">a<br>a<", ">A<br>A<")


def test_an_element_can_be_left_alone_with_all_in_it() -> None:
    """Its end is found, however deep it is."""
    html = '<p>a</p><ol dir="ltr"><li>a<i>a</i></li></ol><p>a</p>'

    assert hypertext.change(html, str.upper, leave='dir="ltr"') == (
        '<p>A</p><ol dir="ltr"><li>a<i>a</i></li></ol><p>A</p>'
    )


def test_blocks_hold_text_without_markup() -> None:
    """Inline elements belong to their block; entities are letters again."""
    html = "<h1>One</h1><p>Two <b>and</b> three &amp; four</p><ul><li>five<li>six</ul>seven"

    assert list(hypertext.blocks(html)) == ["One", "Two and three & four", "five", "six", "seven"]


def test_blocks_can_be_left_out() -> None:
    """A block that has an attribute is not told; an inline element that has it is."""
    html = '<li dir="ltr">a <b>b</b></li><p>c <span dir="ltr">d</span></p>'

    assert list(hypertext.blocks(html, leave='dir="ltr"')) == ["c d"]
