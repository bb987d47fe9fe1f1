"""What hotswap does, in the memory of this process: it serves a program that runs without hotswap.

It answers what docs/state.md has hotswap answer, so that all that is above it is the same in both cases.
"""

from __future__ import annotations

import json
import math
import queue
import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Dict, Iterator, Optional, Set

from ._errors import Error

Message = Dict[str, Any]


class Memory:
    def __init__(self) -> None:
        self.changed = threading.Condition()  # guards what follows
        self.busy: Set[str] = set()  # the initializers and leases that a request has
        self._items: Dict[str, Message] = {}  # value or bytes, version
        self._expires: Dict[str, float] = {}
        self._next = math.inf  # no key expires before
        self._version = 0

    @contextmanager
    def exchange(self, message: Message) -> Iterator[SimpleNamespace]:
        """Is Process.exchange without hotswap. A request waits for its turn before it begins."""
        op, key = message["op"], message.get("key")
        turn = f"{op} {key or message.get('name')}" if op in ("define", "lease") else ""
        answers: queue.SimpleQueue[Message] = queue.SimpleQueue()
        with self.changed:
            self.changed.wait_for(lambda: self.item(key) or turn not in self.busy)
            answers.put(self.answer(message))
            has = {turn} if turn and not self.item(key) else set()
            self.busy |= has
        try:
            yield SimpleNamespace(
                send=lambda more: answers.put(self.more(more, message)), receive=lambda: copy(answers.get())
            )
        finally:
            with self.changed:
                self.busy -= has
                self.changed.notify_all()

    def item(self, key: Optional[str]) -> Optional[Message]:
        """Returns what a key has, once all has been removed that has expired."""
        now = time.monotonic()
        if now >= self._next:
            for expired in [key for key, at in self._expires.items() if at <= now]:
                self._change(expired, None)
            self._next = min(self._expires.values(), default=math.inf)
        return self._items.get(key or "")

    def answer(self, message: Message) -> Message:
        """Does what a request asks for that has its turn."""
        op, key = message["op"], message.get("key", "")
        item = self.item(key)
        version = item["version"] if item else 0
        if message.get("ifVersion", version) != version:
            raise Error(f"{key} has another version", "version")
        if op in ("get", "define"):
            return item or ({"missing": True} if op == "get" else {"run": True})
        if op == "set":
            self._put(key, message, message.get("ttlMs"))
        elif op == "add":
            value = item.get("value") if item else 0
            if type(value) is not int or not -(2**63) <= value + message["by"] < 2**63:
                raise Error(f"{key}: not an integer of 64 bits", "type")
            return self._change(key, {"value": value + message["by"]}, self._expires.get(key))
        elif op == "delete":
            if item:
                self._change(key, None)
            return {"deleted": item is not None}
        elif op == "list":
            return {"items": [{"key": key} for key in sorted(self._items) if key.startswith(message["prefix"])]}
        elif op == "place":
            return {"event": "place", "seq": 1, "state": "serving", "serving": True}
        elif op == "lease":
            return {"event": "granted"}
        return {}

    def more(self, message: Message, begun: Message) -> Message:
        """Takes another line of an open request, which ends it."""
        with self.changed:
            if message["op"] == "defined":
                return self.item(begun["key"]) or self._put(begun["key"], message, begun.get("ttlMs"))
        return {"released": True}

    def _put(self, key: str, message: Message, ttl: Optional[int]) -> Message:
        fields = copy({name: message[name] for name in ("value", "bytes") if name in message})
        return self._change(key, fields, time.monotonic() + ttl / 1000 if ttl else None)

    def _change(self, key: str, fields: Optional[Message], expires: Optional[float] = None) -> Message:
        """Sets or removes a key."""
        self._version += 1
        self._expires.pop(key, None)
        item = {**(fields or {}), "version": self._version}
        if fields is None:
            del self._items[key]
        else:
            self._items[key] = item
            if expires is not None:
                self._expires[key] = expires
                self._next = min(self._next, expires)
        self.changed.notify_all()
        return item


def copy(message: Message) -> Message:
    """Returns a message that shares no value with the store, or with the program."""
    out: Message = json.loads(json.dumps(message))
    return out
