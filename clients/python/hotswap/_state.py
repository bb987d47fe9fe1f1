"""Keys and values that outlive the process, and that all processes of all generations share.

A value is JSON (dict with strings as keys, list, str, int, float, bool, None) or bytes. Everything else is
refused with a TypeError. What is returned is a copy: to change a value, set it.
"""

from __future__ import annotations

import threading
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from . import _values
from ._errors import Disconnected, Error
from ._process import Exchange, current, log
from ._values import checked

Keys = List[str]


class Change(NamedTuple):
    """What a watch calls its callback with."""

    key: str
    value: Any  # None if the key was deleted
    deleted: bool


def define(key: str, initializer: Callable[[], Any], ttl: Optional[float] = None) -> Any:
    """Returns the value of key. If there is none, one process runs the initializer and all others wait for it.

    If the initializer raises an exception, its caller gets that, and the next one that waits runs its own.
    ttl is in seconds; afterwards the key does not exist.
    """
    with current().exchange({"op": "define", "key": checked(key), **_ttl(ttl)}) as exchange:
        answer = exchange.receive()
        if answer.get("run"):
            try:
                exchange.send({"op": "defined", **_values.encode(initializer())})
            except BaseException:
                exchange.send({"op": "failed"})
                try:
                    exchange.receive()
                except Error:
                    pass  # that it failed
                raise
            answer = exchange.receive()
    return _values.decode(answer)


def get(key: str, default: Any = None) -> Any:
    answer = current().ask({"op": "get", "key": checked(key)})
    return default if answer.get("missing") else _values.decode(answer)


def set(key: str, value: Any, ttl: Optional[float] = None) -> None:
    """Sets key. Without ttl (seconds) it has no end, also if it had one before."""
    current().ask({"op": "set", "key": checked(key), **_values.encode(value), **_ttl(ttl)})


def update(key: str, change: Callable[[Any], Any], default: Any = None, ttl: Optional[float] = None) -> Any:
    """Sets key to change(value), and returns that. If another process sets key meanwhile, change is called
    again with the new value. If there is no value, change gets the default."""
    while True:
        answer = current().ask({"op": "get", "key": checked(key)})
        value = change(default if answer.get("missing") else _values.decode(answer))
        request = {"op": "set", "key": key, "ifVersion": answer.get("version", 0), **_values.encode(value), **_ttl(ttl)}
        try:
            current().ask(request)
            return value
        except Error as error:
            if error.code != "version":
                raise


def increment(key: str, by: int = 1) -> int:
    """Adds to an integer of 64 bits, which is 0 if key does not exist, and returns the sum."""
    if type(by) is not int:
        raise TypeError(f"by: an int, not {by!r}")
    value: int = current().ask({"op": "add", "key": checked(key), "by": by})["value"]
    return value


def delete(key: str) -> bool:
    """Deletes key; returns whether there was one."""
    return bool(current().ask({"op": "delete", "key": checked(key)})["deleted"])


def list(prefix: str = "") -> Keys:
    """Returns the keys that begin with prefix, sorted."""
    keys: Keys = []
    request = {"op": "list", "prefix": checked(prefix, 0)}
    while True:
        answer = current().ask(request)
        keys += [item["key"] for item in answer["items"]]
        if not answer.get("more"):
            return keys
        request["after"] = keys[-1]


def watch(callback: Callable[[Change], Any], *, key: Optional[str] = None, prefix: Optional[str] = None) -> Callable[[], None]:
    """Calls callback in a thread of its own, one call at a time: for each key that exists, and for each change
    from then on. While a call takes its time, of several values only the newest remains. Returns a function
    that ends the watch."""
    if (key is None) == (prefix is None):
        raise TypeError("watch: give either key or prefix")
    what = {"prefix": checked(prefix, 0)} if prefix is not None else {"key": checked(key or "")}
    watch = _Watch(callback)
    watch.start({"op": "watch", **what})
    return watch.stop


class _Watch:
    def __init__(self, callback: Callable[[Change], Any]) -> None:
        self._callback = callback
        self._stopped = False
        self._ready = threading.Event()
        self._exchange: Optional[Exchange] = None
        self._failure: Optional[BaseException] = None

    def start(self, request: Dict[str, Any]) -> None:
        threading.Thread(target=self._run, args=(request,), name="hotswap watch", daemon=True).start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        self._stopped = True
        if self._exchange is not None:
            self._exchange.cancel()

    def _run(self, request: Dict[str, Any]) -> None:
        try:
            with current().exchange(request) as exchange:
                self._exchange = exchange
                event = exchange.receive()  # an error, or it is accepted
                self._ready.set()
                while True:
                    if not self._stopped and event["event"] != "ready":
                        self._tell(event)
                    event = exchange.receive()
        except (Error, Disconnected) as error:
            if not self._stopped:
                if self._ready.is_set():
                    log.error("a watch has ended: %s", error)
                self._failure = error
        finally:
            self._ready.set()

    def _tell(self, event: Dict[str, Any]) -> None:
        deleted = event["event"] == "delete"
        try:
            self._callback(Change(event["key"], None if deleted else _values.decode(event), deleted))
        except Exception:
            log.exception("the callback of a watch has failed")


def _ttl(seconds: Optional[float]) -> Dict[str, int]:
    if seconds is None:
        return {}
    if not 0 < seconds < 1e10:
        raise ValueError(f"ttl: seconds, more than 0, not {seconds!r}")
    return {"ttlMs": max(1, round(seconds * 1000))}
