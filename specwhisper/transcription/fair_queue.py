"""Who is next: clients by turns, first come first served within one.

A client that sends twenty recordings waits behind its own; another one that sends a single recording comes
after the first of them (round robin).
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")


class FairQueue(Generic[Item]):
    """Items that wait, by client."""

    def __init__(self) -> None:
        self._clients: OrderedDict[str, deque[Item]] = OrderedDict()

    def __len__(self) -> int:
        return sum(map(len, self._clients.values()))

    def __bool__(self) -> bool:
        return bool(self._clients)

    def push(self, client: str, item: Item) -> None:
        self._clients.setdefault(client, deque()).append(item)

    def __iter__(self) -> Iterator[Item]:
        """The first item of each client, in the order of their turns."""
        return (items[0] for items in self._clients.values())

    def pop(self) -> Item:
        """Take the next item; its client's turn is over."""
        client, items = self._clients.popitem(last=False)
        item = items.popleft()
        if items:
            self._clients[client] = items
        return item

    def take(self, client: str, item: Item) -> None:
        """Take a client's item, whoever is next; the client's turn is over."""
        self.remove(client, item)
        if client in self._clients:
            self._clients.move_to_end(client)

    def remove(self, client: str, item: Item) -> None:
        """Take an item out of its turn, if it is there."""
        items = self._clients.get(client)
        if items and item in items:
            items.remove(item)
            if not items:
                del self._clients[client]
