"""What can travel between processes, and how."""

from __future__ import annotations

import base64
import json
import math
from typing import Any, Dict

MAX_DEPTH = 500
MAX_LINE = 2 << 20  # hotswap reads no longer line

_INSTEAD = {
    "tuple": "pass a list",
    "set": "pass a sorted list",
    "frozenset": "pass a sorted list",
    "datetime": "pass value.isoformat()",
    "date": "pass value.isoformat()",
    "time": "pass value.isoformat()",
    "timedelta": "pass value.total_seconds()",
    "Decimal": "pass str(value)",
    "UUID": "pass str(value)",
    "bytearray": "pass bytes(value)",
    "memoryview": "pass bytes(value)",
    "function": "keep it in each process with hotswap.local",
    "builtin_function_or_method": "keep it in each process with hotswap.local",
    "method": "keep it in each process with hotswap.local",
    "socket": "keep it in each process with hotswap.local",
    "ContextVar": "it belongs to one thread or task: keep it in each process with hotswap.local",
}


def encode(value: Any) -> Dict[str, Any]:
    """The fields of a request that carry value. What would come back as something else is refused."""
    if type(value) is bytes:
        return {"bytes": base64.b64encode(value).decode()}
    _check(value, "value", 0)
    return {"value": value}


def decode(answer: Dict[str, Any]) -> Any:
    """The value in an answer."""
    if "bytes" in answer:
        return base64.b64decode(answer["bytes"])
    return answer.get("value")


def line(message: Dict[str, Any]) -> bytes:
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def text(string: str, path: str) -> str:
    try:
        string.encode()
    except UnicodeEncodeError:
        raise TypeError(f"{path}: a string with half of a surrogate pair cannot travel; pass bytes") from None
    return string


def _check(value: Any, path: str, depth: int) -> None:
    kind = type(value)
    if value is None or kind is bool or kind is int:
        return
    if kind is str:
        text(value, path)
    elif kind is float:
        if not math.isfinite(value):
            raise TypeError(f"{path}: {value} cannot travel, because JSON has no such number; pass None or a string")
    elif depth >= MAX_DEPTH:
        raise TypeError(f"{path[:40]}…: more than {MAX_DEPTH} lists and dicts in each other, or one in itself, cannot travel")
    elif kind is list:
        for i, item in enumerate(value):
            _check(item, f"{path}[{i}]", depth + 1)
    elif kind is dict:
        for key, item in value.items():
            if type(key) is not str:
                raise TypeError(f"{path}: the key {key!r} cannot travel, because JSON has strings for keys; pass str(key)")
            _check(item, f"{path}[{text(key, path)!r}]", depth + 1)
    elif kind is bytes:
        raise TypeError(f"{path}: bytes travel only as the whole value; give them a key of their own, or pass base64")
    else:
        raise TypeError(f"{path}: {_named(kind)} cannot travel to another process; {_instead(kind)}")


def _named(kind: type) -> str:
    name = kind.__qualname__
    return name if kind.__module__ == "builtins" else f"{kind.__module__}.{name}"


def _instead(kind: type) -> str:
    for base in kind.__mro__:
        if base.__name__ in _INSTEAD:
            return _INSTEAD[base.__name__]
        if base in (dict, list, str, int, float, bytes) and base is not kind:
            return f"pass {base.__name__}(value)"
    return "pass its data as dict, list, str, int, float, bool, None or bytes, or keep it in each process with hotswap.local"
