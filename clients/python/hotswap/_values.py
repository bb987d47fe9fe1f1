"""What can travel between processes, and how."""

from __future__ import annotations

import base64
import json
import math
from typing import Any, Dict

from ._errors import Error

MAX_KEY = 512
MAX_VALUE = 1 << 20
MAX_DEPTH = 500


def checked(key: str, least: int = 1) -> str:
    """Returns a key, a name, or the beginning of one."""
    if not isinstance(key, str) or len(key) < least:
        raise TypeError(f"key: a string of at least {least} characters, not {key!r}")
    size = len(_text(key, "key").encode())
    if size > MAX_KEY:
        raise Error(f"a key has at most {MAX_KEY} bytes, not {size}", "too-large")
    return key


def encode(value: Any) -> Dict[str, Any]:
    """The fields of a request that carry value. What would come back as something else is refused."""
    if type(value) is bytes:
        size, fields = len(value), {"bytes": base64.b64encode(value).decode()}
    else:
        _check(value, "value", 0)
        size, fields = len(line(value)) - 1, {"value": value}
    if size > MAX_VALUE:
        raise Error(f"a value has at most {MAX_VALUE} bytes, not {size}", "too-large")
    return fields


def decode(answer: Dict[str, Any]) -> Any:
    """The value in an answer."""
    if "bytes" in answer:
        return base64.b64decode(answer["bytes"])
    return answer.get("value")


def line(message: Any) -> bytes:
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _text(string: str, path: str) -> str:
    try:
        string.encode()
    except UnicodeEncodeError:
        raise TypeError(f"{path}: a string with half of a surrogate pair cannot travel; pass bytes") from None
    return string


def _check(value: Any, path: str, depth: int) -> None:
    kind = type(value)
    if value is None or kind is bool or kind is int or kind is float and math.isfinite(value):
        return
    if depth >= MAX_DEPTH:
        raise TypeError(f"{path[:40]}…: more than {MAX_DEPTH} lists and dicts in each other, or one in itself, cannot travel")
    if kind is str:
        _text(value, path)
    elif kind is list:
        for i, item in enumerate(value):
            _check(item, f"{path}[{i}]", depth + 1)
    elif kind is dict:
        for key, item in value.items():
            if type(key) is not str:
                raise TypeError(f"{path}: the key {key!r} cannot travel, because JSON has strings for keys; pass str(key)")
            _check(item, f"{path}[{_text(key, path)!r}]", depth + 1)
    else:
        what = value if kind is float else kind.__qualname__
        raise TypeError(f"{path}: {what} cannot travel to another process; pass dict, list, str, int, float, bool or None, or bytes as the whole value")
