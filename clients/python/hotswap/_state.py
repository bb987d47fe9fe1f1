"""Keys and values that outlive the process, and that all processes of all generations share.

A value is JSON (dict with strings as keys, list, str, int, float, bool, None) or bytes. Everything else is
refused with a TypeError. What is returned is a copy: to change a value, set it.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional

from . import _values
from ._errors import Error
from ._process import current
from ._values import checked

Keys = List[str]


def define(key: str, initializer: Callable[[], Any], ttl: Optional[float] = None) -> Any:
    """Returns the value of key. If there is none, one process runs the initializer and all others wait for it.

    If the initializer raises an exception, its caller gets that, and the next one that waits runs its own.
    ttl is in seconds; afterwards the key does not exist.
    """

    def run(exchange: Any, answer: Dict[str, Any]) -> Any:
        if not answer.get("run"):
            return answer
        try:
            exchange.send({"op": "defined", **_values.encode(initializer())})
        except BaseException:
            exchange.send({"op": "failed"})
            try:
                exchange.receive()
            except Error:
                pass  # that it failed
            raise
        return exchange.receive()

    return _values.decode(current().ask({"op": "define", "key": checked(key), **_ttl(ttl)}, run))


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


def _ttl(seconds: Optional[float]) -> Dict[str, int]:
    if seconds is None:
        return {}
    if not 0 < seconds < 1e10:
        raise ValueError(f"ttl: seconds, more than 0, not {seconds!r}")
    return {"ttlMs": max(1, round(seconds * 1000))}
