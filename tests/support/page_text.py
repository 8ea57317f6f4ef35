"""Reads a page as a browser without JavaScript would, for tests of what it shows."""

from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "rect", "path"}


class PageText(HTMLParser):
    """The elements of a page: the texts of table rows and facts, links, scripts, and the words of all of it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.scripts: list[str] = []
        self.labels: list[str] = []
        self.rows: list[list[str]] = []
        self.facts: dict[str, list[str]] = {}
        self.words = ""
        self._open: list[str] = []
        self._fact = ""
        self.feed(html)
        self.close()
        assert not self._open, f"these elements have no end: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        assert not [name for name in named if name.startswith("on") or name == "style"], "the policy forbids these"
        if tag not in VOID:
            self._open.append(tag)
        if href := named.get("href"):
            self.links.append(href)
        if label := named.get("aria-label"):
            self.labels.append(label)
        if tag == "script":
            self.scripts.append(named.get("src") or "")
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
        if tag == "dt":
            self._fact = ""
        if tag == "dd":
            self._fact = self._fact.strip()
            self.facts.setdefault(self._fact, []).append("")

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data
        if "dt" in self._open:
            self._fact += data
        if "dd" in self._open:
            self.facts[self._fact][-1] = " ".join(f"{self.facts[self._fact][-1]} {data}".split())
        if self.rows and self.rows[-1] and {"td", "th"} & set(self._open):
            self.rows[-1][-1] = " ".join(f"{self.rows[-1][-1]} {data}".split())

    def row(self, *beginning: str) -> list[str]:
        """Return the only row that begins with these cells."""
        found = [row for row in self.rows if tuple(row[: len(beginning)]) == beginning]
        assert len(found) == 1, (beginning, self.rows)
        return found[0]
