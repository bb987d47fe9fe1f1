# The link of an event loop to hotswap. Nothing here waits: what the socket does not take at once is sent when the
# loop says that there is room.
import os
import struct

LIMIT = 1 << 20  # bytes of lines that wait to be sent
MOST = 64  # connections that hotswap is to get at once, because each needs a descriptor there

Wire = load('wire')['Wire']
links = {}  # by event loop


def linked(loop):
    """Returns the connection to hotswap of an event loop; None: there is none. A process that was
    forked has a connection of its own."""
    link = links.get(loop)
    if link is None or link.pid != os.getpid():
        for old in [o for o in links if o.is_closed()]:
            links.pop(old).close()
        try:
            link = links[loop] = Link(loop)
        except Exception:  # hotswap has gone
            return None
    return link


class Link(Wire):
    def __init__(self, loop):
        import atexit

        super().__init__()
        self.loop = loop
        self.order = None  # how WebSockets and event streams end; None: they go on
        self.followed = set()  # requests that may have to end
        self.drain = (
            None  # what the adapter knows of the servers (asgi_drain); None: it only obeys, and reports nothing
        )
        self.given = []  # what to call when hotswap says whether it has got a descriptor
        self.out, self.writes = bytearray(), False
        self.sock.setblocking(False)
        self.hello()
        loop.add_reader(self.sock.fileno(), self.read)
        atexit.register(self.sock.detach)  # or Python may warn of an open socket
        close = loop.close

        def closes():
            if not loop.is_running():
                self.close()  # or hotswap would wait for its answers
            close()

        loop.close = closes

    def close(self):
        """Ends the link, and every order."""
        if self.sock.fileno() < 0:
            return
        if self.pid == os.getpid() and not self.loop.is_closed():
            self.loop.remove_reader(self.sock.fileno())
            self.loop.remove_writer(self.sock.fileno())
            for left in self.given:
                left(False)  # hotswap may have it
        super().close()
        self.given, self.order = [], None
        if self.drain:
            self.drain.resume()

    def read(self):
        try:
            self.receive()
            for order, fd in self.messages():
                self.obey(order, fd)
        except (BlockingIOError, InterruptedError):
            pass
        except Exception:
            self.close()

    def obey(self, order, fd):
        kind = order['type']
        if kind in ('drain', 'resume'):
            self.order = order.get('websocket')
            for request in list(self.followed):
                request.leave()
        if kind == 'got' and self.given:
            self.given.pop(0)(order.get('lost'))
        elif self.drain:
            self.drain.obey(kind, order, fd)

    def send(self, message):
        self.out += self.line(message)
        self.flush()

    def flush(self):
        try:
            del self.out[: self.sock.send(self.out)]
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
        client may send a request meanwhile. The descriptor must stay open until left(lost) is called:
        hotswap may have no room for it, and some versions of macOS drop one that its sender has closed before
        (nodejs/node#7512)."""
        if self.out or len(self.given) == MOST:
            return False
        line = self.line(message)
        try:
            sent = self.sock.sendmsg([line], [self.rights + (struct.pack('i', fd),)])
        except OSError:  # there is no room, or hotswap has gone, which read is told, too
            return False
        self.given.append(left)
        if sent < len(line):
            self.out += line[sent:]
            self.flush()
        return True
