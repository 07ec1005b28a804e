#!/usr/bin/env python3
"""check_links.py FOLDER: whether all that the HTML pages in it link to within the folder is there, anchors and pictures too."""

import html.parser
import pathlib
import sys
import urllib.parse


#: Where all nested classes of a class are private, Doxygen's summary leads to their list, which it leaves out.
OF_DOXYGEN = {"nested-classes"}


class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.anchors, self.links = set(), []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("id", "name") and value:
                self.anchors.add(value)
            if name == "href" or name == "src" or (name == "data" and tag == "object"):
                self.links.append(value or "")


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    pages = {path: Page(path) for path in folder.glob("*.html")}
    dead, counted = set(), 0
    for path, page in pages.items():
        for link in page.links:
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc or link.startswith("javascript:"):
                continue
            target = (path.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else path
            counted += 1
            if folder not in target.parents or not target.exists():
                dead.add(f"{path.name}: {link}: no such file")
            elif parts.fragment in OF_DOXYGEN:
                continue
            elif parts.fragment and target in pages and urllib.parse.unquote(parts.fragment) not in pages[target].anchors:
                dead.add(f"{path.name}: {link}: no such place")
    for line in sorted(dead):
        print(line)
    print(f"{len(pages)} pages, {counted} links, {len(dead)} dead")
    return 1 if dead or not pages or not counted else 0


sys.exit(main())
