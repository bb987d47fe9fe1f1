# The connection of an event loop to hotswap. handoff/runtime/node has the protocol. Nothing here
# waits: what the socket does not take at once is sent when the loop says that there is room.
import os
import struct

LIMIT = 1 << 20  # bytes of a line, and of lines that wait to be sent
RIGHTS = 16  # descriptors that belong to no line yet
MOST = 64  # connections that hotswap is to get at once, because each needs a descriptor there
WITH_DESCRIPTOR = ('conn', 'take')  # orders

links = {}  # by event loop
drains = {}  # by event loop: what the adapter knows of the servers there (asgi_drain)


def linked(loop):
    """Returns the connection to hotswap of an event loop; None: there is none. A process that was
    forked has a connection of its own."""
    link = links.get(loop)
    if link is None or link.pid != os.getpid():
        for old in [o for o in links if o.is_closed()]:
            links.pop(old).close()
        try:
            link = links[loop] = Link(loop, os.environ['HOTSWAP_NODE'], drains.get(loop))
        except Exception:  # hotswap has gone
            return None
    return link


class Link:
    def __init__(self, loop, path, drain):
        import atexit
        import socket
        self.loop, self.pid = loop, os.getpid()
        self.order = None  # how WebSockets and event streams end; None: they go on
        self.followed = set()  # requests that may have to end
        self.drain = drain  # None: the adapter only obeys, and reports nothing
        self.given = []  # what to call when hotswap says whether it has got a descriptor
        self.text, self.fds, self.out, self.writes = b'', [], bytearray(), False
        self.sock = socket.socket(socket.AF_UNIX)  # close-on-exec
        self.rights, self.cut = (socket.SOL_SOCKET, socket.SCM_RIGHTS), socket.MSG_CTRUNC
        self.room, self.flags = socket.CMSG_SPACE(RIGHTS * 4), getattr(socket, 'MSG_CMSG_CLOEXEC', 0)
        try:
            self.sock.setblocking(False)
            self.sock.connect(path)
            self.send(dict({'type': 'hello', 'version': 1, 'pid': self.pid}, **({'files': False} if drain else {'follows': True})))
            loop.add_reader(self.sock.fileno(), self.read)
        except BaseException:
            self.sock.close()
            raise
        atexit.register(self.sock.detach)  # or Python may warn of an open socket
        if drain:
            drain.begin(self)

    def close(self):
        """Ends the connection, and every order. Descriptors that have come are closed."""
        if self.sock.fileno() < 0:
            return
        if self.pid == os.getpid() and not self.loop.is_closed():
            self.loop.remove_reader(self.sock.fileno())
            self.loop.remove_writer(self.sock.fileno())
            for left in self.given:
                left(False)  # hotswap may have it
        self.sock.close()
        for fd in [fd for fd in self.fds if fd is not None]:
            os.close(fd)
        self.fds, self.given, self.order = [], [], None
        if self.drain:
            self.drain.resume()

    def read(self):
        try:
            got, control, flags, _ = self.sock.recvmsg(1 << 16, self.room, self.flags)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            got, control, flags = b'', (), 0
        for level, kind, data in control:
            if (level, kind) == self.rights:
                self.fds += [fd for fd, in struct.iter_unpack('i', data[:len(data) // 4 * 4])]
        if flags & self.cut:  # this process may open no more
            self.fds.append(None)
        *lines, self.text = (self.text + got).split(b'\n')
        try:
            if not got or len(self.text) > LIMIT or len(self.fds) > RIGHTS:
                raise ValueError('hotswap has gone, or breaks the protocol')
            for line in lines:
                self.obey(line)
        except Exception:
            self.close()

    def obey(self, line):
        import json
        order = json.loads(line.decode())
        kind = order['type']
        fd = self.fds.pop(0) if kind in WITH_DESCRIPTOR and self.fds else None
        if kind in ('drain', 'resume'):
            self.order = order.get('websocket')
            for request in list(self.followed):
                request.leave()
        if kind == 'got' and self.given:
            self.given.pop(0)(order.get('lost'))
        elif self.drain:
            self.drain.obey(kind, order, fd)
        elif fd is not None:
            os.close(fd)

    def send(self, message):
        import json
        self.out += json.dumps(message).encode() + b'\n'
        self.flush()

    def flush(self):
        try:
            del self.out[:self.sock.send(self.out)]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            return self.close()
        if len(self.out) > LIMIT:
            return self.close()
        if self.writes != bool(self.out):
            self.writes = bool(self.out)
            if self.writes:
                self.loop.add_writer(self.sock.fileno(), self.flush)
            else:
                self.loop.remove_writer(self.sock.fileno())

    def give(self, message, fd, left):
        """Sends a line with a descriptor, and reports whether it has. The line never waits, because the
        client may send a request meanwhile. The descriptor must stay open until left(lost) is called: hotswap may have no room for
        it, and some versions of macOS drop one that its sender has closed before (nodejs/node#7512)."""
        import json
        if self.out or len(self.given) == MOST:
            return False
        line = json.dumps(message).encode() + b'\n'
        try:
            sent = self.sock.sendmsg([line], [self.rights + (struct.pack('i', fd),)])
        except OSError:  # there is no room, or hotswap has gone, which read is told, too
            return False
        self.given.append(left)
        if sent < len(line):
            self.out += line[sent:]
            self.flush()
        return True
