from __future__ import annotations


class Error(Exception):
    """hotswap has refused a request. The codes are those of docs/state.md."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class Disconnected(ConnectionError):
    """The connection to hotswap has ended: whether a request was carried out is not known."""


class Unreachable(Disconnected):
    """No connection can be opened: hotswap has ended, or this process is not one of its own."""
