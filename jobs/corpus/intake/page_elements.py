"""A page as elements that know how much text, how many links and what sentences are in them.

The parser's tree is walked once; what no reader sees is left out. All sums are of whole subtrees.
"""

from __future__ import annotations

import re
from typing import Any

from resiliparse.parse.html import HTMLTree, NodeType

_UNSEEN = frozenset(
    {
        *("script", "style", "noscript", "iframe", "select", "button", "textarea", "template"),
        *("svg", "head", "input", "object", "video", "audio", "canvas", "map"),
    }
)
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_SENTENCE_SIGN = re.compile("[，。；！？：、]")
_LEAST_SENTENCE = 6
_SPACE = re.compile(r"\s+")


class Element:
    """An element of a page.

    Attributes:
        tag: Its name.
        names: Its class and id.
        items: Texts, elements, and None where something was taken out.
        chars: Text characters in it.
        linked: Those of them inside links.
        links: Links in it.
        sentences: Text characters outside links, of texts with a comma or the like.
    """

    __slots__ = ("chars", "items", "linked", "links", "names", "sentences", "tag")

    def __init__(self, tag: str, names: str) -> None:
        self.tag, self.names = tag, names
        self.items: list[Element | str | None] = []
        self.chars = self.linked = self.links = self.sentences = 0

    def elements(self) -> list[Element]:
        """Return the elements directly in it."""
        return [item for item in self.items if isinstance(item, Element)]

    def take_out(self, child: Element) -> None:
        """Take out a direct child; sums of its ancestors stay what they were."""
        self.items[self.items.index(child)] = None

    def add_text(self, text: str) -> None:
        """Add a text to the items and to the sums."""
        self.items.append(text)
        size = len(_SPACE.sub("", text))
        self.chars += size
        if size >= _LEAST_SENTENCE and _SENTENCE_SIGN.search(text):
            self.sentences += size

    def add_sums(self, child: Element) -> None:
        """Add the sums of a finished child."""
        if child.tag == "a":
            child.linked, child.links, child.sentences = child.chars, 1, 0
        self.chars += child.chars
        self.linked += child.linked
        self.links += child.links
        self.sentences += child.sentences

    def sum_up(self) -> None:
        """Compute the sums of the whole subtree anew, after something was taken out."""
        order = [self]
        for element in order:
            order += element.elements()
        for element in reversed(order):
            items, element.items = element.items, []
            element.chars = element.linked = element.links = element.sentences = 0
            for item in items:
                if isinstance(item, str):
                    element.add_text(item)
                else:
                    element.items.append(item)
                    if item is not None:
                        element.add_sums(item)


def page_elements(tree: HTMLTree) -> Element:
    """Return the body of a parsed page."""
    body = Element("body", "")
    order: list[tuple[Element, Element]] = []
    stack: list[tuple[Any, Element]] = [(tree.body, body)] if tree.body else []
    while stack:
        node, element = stack.pop()
        child = node.first_child
        while child is not None:
            tag = child.tag
            if tag == "#text":
                element.add_text(child.value)
            elif child.type == NodeType.ELEMENT and tag not in _UNSEEN and not _is_hidden(child):
                inner = Element(tag, f"{child.class_name} {child.id}")
                element.items.append(inner)
                order.append((inner, element))
                stack.append((child, inner))
            child = child.next
    for inner, element in reversed(order):  # an element stands behind the one it is in
        element.add_sums(inner)
    return body


def _is_hidden(node: Any) -> bool:
    return bool(_HIDDEN.search(node.getattr("style") or "")) or node.hasattr("hidden")
