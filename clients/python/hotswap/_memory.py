"""What hotswap does, in the memory of this process: it serves a program that runs without hotswap.

It speaks the protocol of docs/state.md, so that all that is above it is the same in both cases.
"""

from __future__ import annotations

import json
import math
import queue
import threading
import time
from typing import Any, Dict, Optional, Set

Message = Dict[str, Any]


class MemoryConnection:
    """What SocketConnection is with hotswap. It has one request at a time, and waits for its turn in send."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._message: Message = {}  # with which the request has begun
        self._turn = ""  # the initializer or lease that the request has; "": none
        self._answers: queue.SimpleQueue[Message] = queue.SimpleQueue()

    def send(self, line: bytes) -> None:
        message, memory = json.loads(line), self._memory
        with memory.changed:
            if message["id"] == self._message.get("id"):  # more of the open request, which ends it
                answer = memory.more(message, self._message)
                self.close()
            else:
                self._message = message
                op, key = message["op"], message.get("key")
                if op in ("define", "lease"):
                    turn = f"{op} {key or message['name']}"
                    memory.changed.wait_for(lambda: memory.item(key) or turn not in memory.busy)
                answer = memory.answer(message)
                if "run" in answer or op == "lease":
                    self._turn = turn
                    memory.busy.add(turn)
        copy: Message = json.loads(json.dumps(answer))  # nobody shares a value with the store
        self._answers.put({"id": message["id"], **copy})

    def receive(self) -> Message:
        return self._answers.get()

    def rests(self) -> bool:
        return True

    def close(self) -> None:
        with self._memory.changed:
            self._memory.busy.discard(self._turn)
            self._turn = ""
            self._memory.changed.notify_all()

    def drop(self) -> None:
        pass


class Memory:
    def __init__(self) -> None:
        self.changed = threading.Condition()  # guards what follows
        self.busy: Set[str] = set()  # the initializers and leases that a request has
        self._items: Dict[str, Message] = {}  # value or bytes, version
        self._expires: Dict[str, float] = {}
        self._next = math.inf  # no key expires before
        self._version = 0

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
            return {"error": f"{key} has another version", "code": "version"}
        if op in ("get", "define"):
            return item or ({"missing": True} if op == "get" else {"run": True})
        if op == "set":
            self._put(key, message, message.get("ttlMs"))
        elif op == "add":
            value = item.get("value") if item else 0
            if type(value) is not int or not -(2**63) <= value + message["by"] < 2**63:
                return {"error": f"{key}: not an integer of 64 bits", "code": "type"}
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
        """Takes another line of an open request."""
        if message["op"] == "defined":
            return self.item(begun["key"]) or self._put(begun["key"], message, begun.get("ttlMs"))
        return {"released": True} if message["op"] == "release" else {"error": "the initializer failed", "code": "failed"}

    def _put(self, key: str, message: Message, ttl: Optional[int]) -> Message:
        fields = {name: message[name] for name in ("value", "bytes") if name in message}
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
