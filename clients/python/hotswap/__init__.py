"""State that outlives the process, leases, and a program that knows whether it serves.

Below hotswap (HOTSWAP_SOCKET) all processes of all generations share the state. Without hotswap the same
functions work in the memory of this process. Importing this module does nothing; the first use opens a
connection. Every function may be called from any thread; a coroutine calls those of the state with
asyncio.to_thread. A forked child has connections of its own, and what was registered before the fork (leases,
on_serve, on_drain) stays with its parent.
"""

from __future__ import annotations

from typing import Any

from ._errors import Disconnected, Error
from ._lease import lease
from ._place import Drain, on_drain, on_serve
from ._process import current
from ._state import define, delete, get, increment, list, set, update

__all__ = [
    "Disconnected", "Drain", "Error",
    "define", "delete", "generation", "get", "increment", "lease", "list",
    "on_drain", "on_serve", "set", "update",
]  # fmt: skip

generation: int  # of this process, by its environment; 0 without hotswap


def __getattr__(name: str) -> Any:
    if name == "generation":  # read when it is asked for: a standby imports modules ahead
        return current().generation
    raise AttributeError(f"module 'hotswap' has no attribute {name!r}")
