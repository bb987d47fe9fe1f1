"""What hotswap does, in the memory of this process: it serves a program that runs without hotswap.

It speaks the protocol of docs/state.md, so that all that is above it is the same in both cases.
"""

from __future__ import annotations

import json
import math
import queue
import threading
import time
from typing import Any, Dict, List, Optional

Message = Dict[str, Any]


class MemoryConnection:
    """What SocketConnection is with hotswap. It has one request at a time."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.message: Message = {}  # with which the request has begun
        self.first = False  # of those that wait for the same, the request has its turn
        self.answers: queue.SimpleQueue[Optional[Message]] = queue.SimpleQueue()

    def send(self, line: bytes) -> None:
        self.memory.handle(self, json.loads(line))

    def receive(self) -> Message:
        answer = self.answers.get()
        if answer is None:
            raise ConnectionError("the connection has been closed")
        copy: Message = json.loads(json.dumps(answer))  # nobody shares a value with the store
        return copy

    def close(self) -> None:
        self.memory.leave(self)
        self.answers.put(None)

    def drop(self) -> None:
        pass

    def waits_for(self) -> Any:
        return self.message["op"], self.message.get("key"), self.message.get("name")

    def answer(self, **fields: Any) -> None:
        self.answers.put({"id": self.message["id"], **fields})


class Memory:
    def __init__(self) -> None:
        self._lock = threading.RLock()  # guards what follows
        self._items: Dict[str, Message] = {}  # value or bytes, version
        self._expires: Dict[str, float] = {}
        self._next = math.inf  # no key expires before
        self._version = 0
        self._open: List[MemoryConnection] = []  # that wait for a value or a lease, in the order in which they came

    def handle(self, connection: MemoryConnection, message: Message) -> None:
        with self._lock:
            self._expire()
            op, item = message["op"], self._items.get(message.get("key", ""))
            if op in ("cancel", "release", "defined", "failed"):
                if connection in self._open and connection.message["id"] == message["id"]:
                    self._more(connection, message)
                return
            connection.message, connection.first = message, False
            if op == "lease" or op == "define" and item is None:
                self._open.append(connection)
                self._turn(connection)
            else:
                connection.answer(**self._answer(connection, item))

    def leave(self, connection: MemoryConnection) -> None:
        with self._lock:
            if connection in self._open:
                self._end(connection)

    def _expire(self) -> None:
        """Removes what has expired."""
        now = time.monotonic()
        if now >= self._next:
            for key in [key for key, at in self._expires.items() if at <= now]:
                self._change(key, None)
            self._next = min(self._expires.values(), default=math.inf)

    def _answer(self, request: MemoryConnection, item: Optional[Message]) -> Message:
        message = request.message
        op, key = message["op"], message.get("key", "")
        version = item["version"] if item else 0
        if message.get("ifVersion", version) != version:
            return {"error": f"{key} has another version", "code": "version"}
        if op in ("get", "define"):
            return item or {"missing": True}
        if op == "set":
            self._put(key, message, message.get("ttlMs"))
        elif op == "add":
            value = item.get("value") if item else 0
            if type(value) is not int or not -(2**63) <= value + message["by"] < 2**63:
                return {"error": f"{key}: not an integer of 64 bits", "code": "type"}
            self._change(key, {"value": value + message["by"]}, self._expires.get(key))
            return self._items[key]
        elif op == "delete":
            if item:
                self._change(key, None)
            return {"deleted": item is not None}
        elif op == "list":
            return {"items": [{"key": key} for key in sorted(self._items) if key.startswith(message["prefix"])]}
        elif op == "place":
            return {"event": "place", "seq": 1, "state": "serving", "serving": True}
        return {}

    def _more(self, request: MemoryConnection, message: Message) -> None:
        """Takes another line of an open request, which ends it."""
        op, key = message["op"], request.message.get("key", "")
        if op == "defined":
            if key not in self._items:
                self._put(key, message, request.message.get("ttlMs"))
            request.answer(**self._items[key])
        elif op == "release":
            request.answer(released=True)
        else:
            request.answer(error=message.get("error", "the request was cancelled"), code="failed" if op == "failed" else "canceled")
        self._end(request)

    def _end(self, request: MemoryConnection) -> None:
        """Ends an open request. One that waited behind it gets its turn."""
        self._open.remove(request)
        self._turn(request)

    def _turn(self, request: MemoryConnection) -> None:
        for one in self._open:
            if one.waits_for() == request.waits_for():
                if not one.first:
                    one.first = True
                    one.answer(**({"run": True} if one.message["op"] == "define" else {"event": "granted"}))
                return

    def _put(self, key: str, message: Message, ttl: Optional[int]) -> None:
        fields = {name: message[name] for name in ("value", "bytes") if name in message}
        self._change(key, fields, time.monotonic() + ttl / 1000 if ttl else None)

    def _change(self, key: str, fields: Optional[Message], expires: Optional[float] = None) -> None:
        """Sets or removes a key, and tells those who wait for that."""
        self._version += 1
        self._expires.pop(key, None)
        if fields is None:
            del self._items[key]
        else:
            self._items[key] = {**fields, "version": self._version}
            if expires is not None:
                self._expires[key] = expires
                self._next = min(self._next, expires)
        for one in tuple(self._open):
            if one.message["op"] == "define" and one.message["key"] == key and fields is not None and not one.first:
                self._open.remove(one)
                one.answer(**self._items[key])
