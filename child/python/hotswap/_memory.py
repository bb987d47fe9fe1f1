"""What hotswap does, in the memory of this process: it serves a program that runs without hotswap.

It speaks the protocol of docs/state.md, so that all that is above it is the same in both cases.
"""

from __future__ import annotations

import heapq
import json
import queue
import threading
import time
from base64 import b64decode
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple, Union

MAX_KEY = 512
MAX_VALUE = 1 << 20
MAX_TOTAL = 64 << 20
MAX_KEYS = 65536

Message = Dict[str, Any]


class _Item(NamedTuple):
    fields: Message  # value, bytes
    size: int
    version: int
    expires: Optional[float]


class _Refused(Exception):
    def __init__(self, text: str, code: str, **more: Any) -> None:
        self.answer = {"error": text, "code": code, **more}


class _Request:
    """One that is open: it waits for a value, a lease or events."""

    def __init__(self, connection: MemoryConnection, message: Message) -> None:
        self.connection = connection
        self.id: int = message["id"]
        self.message = message
        self.news: Dict[str, Message] = {}  # of a watch: the newest event of each key, until it is received

    def tell(self, key: str, **event: Any) -> None:
        """Adds an event of a key in place of one that was not received."""
        if key not in self.news:
            self.connection.answers.put(self)
        self.news[key] = {"id": self.id, "key": key, **event}

    def answer(self, **fields: Any) -> None:
        self.connection.answers.put({"id": self.id, **fields})


class MemoryConnection:
    """What SocketConnection is with hotswap."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.answers: queue.SimpleQueue[Union[Message, _Request, None]] = queue.SimpleQueue()

    def send(self, line: bytes) -> None:
        self.memory.handle(self, json.loads(line))

    def receive(self) -> Message:
        while True:
            try:
                answer = self.answers.get(timeout=self.memory.expire())
            except queue.Empty:
                continue  # a key has expired, which a watch may tell
            if answer is None:
                raise ConnectionError("the connection has been closed")
            if isinstance(answer, _Request):
                answer = self.memory.news(answer)
            copy: Message = json.loads(json.dumps(answer))  # nobody shares a value with the store
            return copy

    def close(self) -> None:
        self.memory.leave(self)
        self.answers.put(None)

    def drop(self) -> None:
        pass


class Memory:
    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards what follows
        self._items: Dict[str, _Item] = {}
        self._timed: List[Tuple[float, int, str]] = []  # a heap of when which version of a key expires
        self._version = 0
        self._total = 0
        self._turns: Dict[str, List[_Request]] = {}  # define: the first one runs its initializer
        self._leases: Dict[str, List[_Request]] = {}  # the first one has it
        self._watches: List[_Request] = []

    def connect(self) -> MemoryConnection:
        return MemoryConnection(self)

    def handle(self, connection: MemoryConnection, message: Message) -> None:
        request = _Request(connection, message)
        with self._lock:
            self._expire()
            try:
                answer = getattr(self, "_op_" + message["op"])(request)
            except _Refused as refused:
                answer = refused.answer
            if answer is not None:
                request.answer(**answer)

    def leave(self, connection: MemoryConnection) -> None:
        with self._lock:
            self._end(lambda request: request.connection is connection)

    def news(self, watch: _Request) -> Message:
        """Takes the event of a watch that has waited the longest."""
        with self._lock:
            return watch.news.pop(next(iter(watch.news)))

    def expire(self) -> Optional[float]:
        """Removes what has expired; returns the seconds until the next key does."""
        with self._lock:
            return self._expire()

    def _expire(self) -> Optional[float]:
        while self._timed:
            expires, version, key = self._timed[0]
            there = key in self._items and self._items[key].version == version
            left = expires - time.monotonic()
            if there and left > 0:
                return left
            heapq.heappop(self._timed)
            if there:
                self._remove(key)
        return None

    # State

    def _op_get(self, request: _Request) -> Message:
        item = self._items.get(self._key(request))
        return self._found(item) if item else {"missing": True}

    def _op_set(self, request: _Request) -> Message:
        key = self._key(request)
        self._compare(request, key)
        return {"version": self._set(key, request.message).version}

    def _op_add(self, request: _Request) -> Message:
        key, by = self._key(request), request.message.get("by", 1)
        item = self._items.get(key)
        value = item.fields.get("value") if item else 0
        if type(value) is not int or not -(2**63) <= value + by < 2**63:
            raise _Refused(f"{key}: not an integer of 64 bits", "type")
        return self._found(self._set(key, {"value": value + by}, item.expires if item else None))

    def _op_delete(self, request: _Request) -> Message:
        key = self._key(request)
        self._compare(request, key)
        there = key in self._items
        if there:
            self._remove(key)
        return {"deleted": there}

    def _op_list(self, request: _Request) -> Message:
        prefix, after = request.message.get("prefix", ""), request.message.get("after", "")
        limit = min(request.message.get("limit", 1000), 1000)
        keys = sorted(key for key in self._items if key.startswith(prefix) and key > after)
        items = [{"key": key, "version": self._items[key].version, "size": self._items[key].size} for key in keys[:limit]]
        return {"items": items, "more": len(keys) > limit}

    def _op_define(self, request: _Request) -> Optional[Message]:
        key = self._key(request)
        if key in self._items:
            return self._found(self._items[key])
        turn = self._turns.setdefault(key, [])
        turn.append(request)
        return {"run": True} if len(turn) == 1 else None

    def _op_defined(self, request: _Request) -> None:
        mine = self._runner(request)
        key = mine.message["key"]
        if key not in self._items:
            try:
                self._set(key, {**request.message, "ttlMs": mine.message.get("ttlMs")})
            except _Refused as refused:
                mine.answer(**refused.answer)
                self._leave_turn(mine)
                return
        for one in self._turns.pop(key):
            one.answer(**self._found(self._items[key]))

    def _op_failed(self, request: _Request) -> None:
        mine = self._runner(request)
        mine.answer(error=request.message.get("error", ""), code="failed")
        self._leave_turn(mine)

    def _op_watch(self, request: _Request) -> None:
        if "key" in request.message:
            self._key(request)
        self._watches.append(request)
        for key, item in sorted(self._items.items()):
            self._tell([request], "set", key, item.version, item.fields)
        request.answer(event="ready")

    def _op_cancel(self, request: _Request) -> None:
        self._end(lambda one: one.connection is request.connection and one.id == request.id)
        request.answer(error="the request was cancelled", code="canceled")

    # Its place and leases

    def _op_place(self, request: _Request) -> Message:
        return {"event": "place", "seq": 1, "state": "serving", "serving": True}

    def _op_ready(self, request: _Request) -> Message:
        return {}

    _op_done = _op_extend = _op_status = _op_ready

    def _op_lease(self, request: _Request) -> Optional[Message]:
        waiting = self._leases.setdefault(request.message["name"], [])
        waiting.append(request)
        return {"event": "granted"} if len(waiting) == 1 else None

    def _op_release(self, request: _Request) -> Message:
        self._end(lambda one: one.connection is request.connection and one.id == request.id)
        return {"released": True}

    # Parts of these

    def _key(self, request: _Request) -> str:
        key: str = request.message["key"]
        if len(key.encode()) > MAX_KEY:
            raise _Refused(f"a key has at most {MAX_KEY} bytes", "too-large")
        if not key:
            raise _Refused("a key has at least one byte", "bad-request")
        return key

    def _compare(self, request: _Request, key: str) -> None:
        want = request.message.get("ifVersion")
        version = self._items[key].version if key in self._items else 0
        if want is not None and want != version:
            raise _Refused(f"{key} has version {version}, not {want}", "version", version=version)

    def _set(self, key: str, message: Message, expires: Optional[float] = None) -> _Item:
        if "bytes" in message:
            fields, size = {"bytes": message["bytes"]}, len(b64decode(message["bytes"]))
        else:
            fields = {"value": message["value"]}
            size = len(json.dumps(message["value"], separators=(",", ":"), ensure_ascii=False).encode())
        if size > MAX_VALUE:
            raise _Refused(f"{key}: a value has at most {MAX_VALUE} bytes, not {size}", "too-large")
        old = self._items.get(key)
        total = self._total + size + (0 if old else len(key.encode())) - (old.size if old else 0)
        if total > MAX_TOTAL or not old and len(self._items) >= MAX_KEYS:
            raise _Refused(f"the store has {len(self._items)} keys and {self._total} bytes, and no room for more", "full")
        if message.get("ttlMs"):
            expires = time.monotonic() + message["ttlMs"] / 1000
        self._version += 1
        self._total = total
        item = self._items[key] = _Item(fields, size, self._version, expires)
        if expires is not None:
            heapq.heappush(self._timed, (expires, item.version, key))
        self._tell(self._watches, "set", key, item.version, fields)
        if key in self._turns:  # those who wait need no initializer any more
            for one in self._turns[key][1:]:
                one.answer(**self._found(item))
            del self._turns[key][1:]
        return item

    def _remove(self, key: str) -> None:
        self._total -= self._items.pop(key).size + len(key.encode())
        self._version += 1
        self._tell(self._watches, "delete", key, self._version, {})

    def _tell(self, watches: List[_Request], event: str, key: str, version: int, fields: Message) -> None:
        for watch in watches:
            prefix = watch.message.get("prefix")
            if key == watch.message.get("key") or prefix is not None and key.startswith(prefix):
                watch.tell(key, event=event, version=version, **fields)

    @staticmethod
    def _found(item: _Item) -> Message:
        return {**item.fields, "version": item.version}

    def _runner(self, request: _Request) -> _Request:
        for turn in self._turns.values():
            if turn and turn[0].connection is request.connection and turn[0].id == request.id:
                return turn[0]
        raise _Refused("this request runs no initializer", "bad-request")

    def _leave_turn(self, mine: _Request) -> None:
        self._end(lambda request: request is mine)

    def _end(self, gone: Callable[[_Request], bool]) -> None:
        """Ends open requests. Whoever waited behind one of them gets its turn or its lease."""
        self._watches = [watch for watch in self._watches if not gone(watch)]
        queues: List[Tuple[Dict[str, List[_Request]], Message]] = [
            (self._turns, {"run": True}),
            (self._leases, {"event": "granted"}),
        ]
        for waiting, granted in queues:
            for name, requests in tuple(waiting.items()):
                left = [one for one in requests if not gone(one)]
                if left and left[0] is not requests[0]:
                    left[0].answer(**granted)
                waiting[name] = left
                if not left:
                    del waiting[name]
