"""What a page of the report says: its words, its links, and the numbers that its script draws from."""

import json
import re
from html.parser import HTMLParser


class Words(HTMLParser):
    """Texts of a page, and the tags that it opens and closes."""

    def __init__(self, page):
        super().__init__()
        self.text, self.open, self.links, self.ids = [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        facts = dict(attrs)
        self.links += [facts[key] for key in ("src", "href") if key in facts]
        self.ids += [facts["id"]] if "id" in facts else []
        if tag not in ("meta", "link", "input", "br", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        """`<circle/>` opens nothing."""

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("script", "style"):
            self.text.append(data)


def text_of(page):
    """What a reader sees of the page or a part of it, in one line."""
    return " ".join(" ".join(Words(page).text).split())


def section_of(page, key):
    """The page's section of that key, as it is written."""
    start = page.index(f'<section id="{key}"')
    return page[start : page.index("</section>", start)]


def embedded(page):
    """What the page's script draws from."""
    return json.loads(re.search(r'id="page-data">(.*?)</script>', page, re.DOTALL).group(1))
