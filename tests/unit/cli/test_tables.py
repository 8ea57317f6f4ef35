"""Tables show what the exchange and the databases sent as it is."""

import pytest
from rich.console import RenderableType

from kalshi_data.cli.tables import Document, make_console, pairs, show, table

# Square brackets are rich's markup; an end without a beginning would be an error.
TEXTS = ("see [/docs]", "KX[red]-1", "KX[/b]-1", "[link=x]", r"a\[b]", "[@click=x]", "[]")


@pytest.mark.parametrize("text", TEXTS)
def test_square_brackets_are_no_markup(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    def draw(document: Document) -> RenderableType:
        made = table("market", title=document["text"])
        made.add_row(document["text"])
        return made

    show(lambda: {"text": text}, draw, as_json=False, watch=False)
    make_console().print(pairs({text: text}))

    assert capsys.readouterr().out.count(text) == 4
