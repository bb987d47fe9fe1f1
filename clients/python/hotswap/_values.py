"""What can travel between processes, and how."""

from __future__ import annotations

import base64
import json
from typing import Any, Dict

from ._errors import Error

MAX_KEY = 512
MAX_VALUE = 1 << 20


def checked(key: str, least: int = 1) -> str:
    """Returns a key, a name, or the beginning of one."""
    if not isinstance(key, str) or len(key) < least:
        raise TypeError(f"key: a string of at least {least} characters, not {key!r}")
    line(key)  # refuses half of a surrogate pair
    size = len(key.encode())
    if size > MAX_KEY:
        raise Error(f"a key has at most {MAX_KEY} bytes, not {size}", "too-large")
    return key


def encode(value: Any) -> Dict[str, Any]:
    """The fields of a request that carry value. What would come back as something else is refused."""
    if type(value) is bytes:
        size, fields = len(value), {"bytes": base64.b64encode(value).decode()}
    else:
        text = line(value)
        if json.loads(text) != value:
            raise TypeError(
                f"a {type(value).__name__} of this kind would come back as something else: pass dicts with strings as keys, and lists"
            )
        size, fields = len(text) - 1, {"value": value}
    if size > MAX_VALUE:
        raise Error(f"a value has at most {MAX_VALUE} bytes, not {size}", "too-large")
    return fields


def decode(answer: Dict[str, Any]) -> Any:
    """The value in an answer."""
    if "bytes" in answer:
        return base64.b64decode(answer["bytes"])
    return answer.get("value")


def line(message: Any) -> bytes:
    try:
        return json.dumps(message, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode() + b"\n"
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(
            f"{error}: JSON cannot carry this; pass dict, list, str, int, float, bool or None, or bytes as the whole value"
        ) from None
