"""A connection to hotswap, as docs/state.md describes it."""

from __future__ import annotations

import json
import socket
import threading
from typing import Any, Dict

from . import _values
from ._errors import Disconnected, Error, Unreachable

_MAX_ANSWER = 8 << 20


class Connection:
    """Lines of JSON over the socket, for one request at a time. Any thread may send; one receives."""

    def __init__(self, path: str) -> None:
        self._id = 0  # of the request
        self._sending = threading.Lock()
        self._read = bytearray()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(None)  # whatever socket.setdefaulttimeout says
            self._socket.connect(path)
            try:
                self.begin({"op": "hello", "version": 1})
            except Disconnected:
                pass  # hotswap may have said why
            self.receive()
        except OSError as error:
            self._socket.close()
            raise Unreachable(f"{path}: hotswap cannot be reached: {error}") from error
        except BaseException:
            self._socket.close()
            raise

    def begin(self, message: Dict[str, Any]) -> None:
        self._id += 1
        self.send(message)

    def send(self, message: Dict[str, Any]) -> None:
        """Begins the request, or says more to it."""
        line = _values.line({"id": self._id, **message})
        with self._sending:
            try:
                self._socket.sendall(line)
            except OSError as error:
                raise Disconnected(f"the connection to hotswap has ended: {error}") from error

    def receive(self) -> Dict[str, Any]:
        """Waits for the next answer or event. An answer that is an error is raised."""
        while True:
            answer: Dict[str, Any] = json.loads(self._line())
            if answer.get("id", self._id) == self._id:
                break  # the others are late answers to requests that ended
        if "error" in answer:
            raise Error(answer["error"], answer.get("code", ""))
        return answer

    def _line(self) -> bytes:
        seen = 0
        while (end := self._read.find(b"\n", seen)) < 0:
            seen = len(self._read)
            try:
                more = self._socket.recv(1 << 16)
            except OSError as error:
                raise Disconnected(f"the connection to hotswap has ended: {error}") from error
            if not more or seen > _MAX_ANSWER:
                raise Disconnected("the connection to hotswap has ended")
            self._read += more
        line = bytes(self._read[:end])
        del self._read[: end + 1]
        return line

    def rests(self) -> bool:
        """Reports whether hotswap has said nothing more: neither a late answer nor the end."""
        self._socket.setblocking(False)  # gevent waits in spite of MSG_DONTWAIT
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except OSError as error:
            return type(error) is BlockingIOError
        finally:
            self._socket.setblocking(True)
        return False

    def close(self) -> None:
        """Ends the connection. A thread that receives is woken."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.drop()

    def drop(self) -> None:
        """Closes this process's descriptor. After a fork the connection is the parent's."""
        self._socket.close()
