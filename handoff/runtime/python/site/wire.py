# A link to hotswap: lines of JSON, some with a descriptor. handoff/runtime/wire has the protocol.
import os
import struct

LIMIT = 1 << 20  # bytes of a line
RIGHTS = 16  # descriptors that belong to no line yet
WITH_DESCRIPTOR = ('conn', 'take', 'socket', 'go')
PATH = os.environ['HOTSWAP_WIRE']


class Wire:
    def __init__(self):
        import json
        import socket

        self.json, self.pid = json, os.getpid()
        self.lines, self.text, self.fds = [], b'', []
        self.rights, self.cut = (socket.SOL_SOCKET, socket.SCM_RIGHTS), socket.MSG_CTRUNC
        self.room, self.flags = socket.CMSG_SPACE(RIGHTS * 4), getattr(socket, 'MSG_CMSG_CLOEXEC', 0)
        self.sock = socket.socket(socket.AF_UNIX)  # close-on-exec
        try:
            self.sock.connect(PATH)
        except BaseException:
            self.sock.close()
            raise

    def line(self, message):
        return self.json.dumps(message).encode() + b'\n'

    def hello(self):  # hotswap learns elsewhere what the process has loaded
        self.send({'type': 'hello', 'version': 1, 'pid': self.pid, 'files': False})

    def receive(self):
        """Reads once. Raises if hotswap has gone, or breaks the protocol."""
        got, control, flags, _ = self.sock.recvmsg(1 << 16, self.room, self.flags)
        for level, kind, data in control:
            if (level, kind) == self.rights:
                self.fds += [fd for fd, in struct.iter_unpack('i', data[: len(data) // 4 * 4])]
        if flags & self.cut:  # this process may open no more
            self.fds.append(None)
        *lines, self.text = (self.text + got).split(b'\n')
        self.lines += lines
        if not got or len(self.text) > LIMIT or len(self.fds) > RIGHTS:
            raise ConnectionError

    def messages(self):
        """Yields the messages that were read, each with its descriptor, or None."""
        while self.lines:
            m = self.json.loads(self.lines.pop(0).decode())
            yield m, self.fds.pop(0) if m['type'] in WITH_DESCRIPTOR and self.fds else None

    def close(self):
        """Ends the link. Descriptors that have come are closed."""
        self.sock.close()
        for fd in self.fds:
            if fd is not None:
                os.close(fd)
        self.fds = []
