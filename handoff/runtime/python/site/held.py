# A socket of TCP that binds a fixed port gets hotswap's listening socket at its own number (handoff/held has the protocol).
# accept is where a generation waits whose turn has not come: the kernel reports the clients of all generations to each.
import _thread
import errno
import os
import sys
import time

AT = 'HOTSWAP_HELD_AT'  # the names of the sockets that children inherit, with hotswap's
PATH = os.environ['HOTSWAP_HELD']
SPARE = 0.001  # s that a loop sleeps which is told of another generation's client
QUEUE = 4096  # the queue is that of all generations
socket = None  # the module, when the program has imported it
lock = _thread.RLock()
held = {}  # the socket's name → Held; programs make other sockets of the same number (werkzeug)


class Held:
    def __init__(self, at, fd=-1):
        self.at = at
        self.file = fd >= 0 and (fd, os.fstat(fd).st_ino)  # what the program has bound
        self.turn = False  # this process accepts
        self.asked = False  # for its turn
        self.loops = []  # of asyncio: the loop, and the arguments of _start_serving
        self.change()

    def is_closed(self):
        """Reports whether the program has closed what it has bound."""
        try:
            return bool(self.file) and os.fstat(self.file[0]).st_ino != self.file[1]
        except OSError:
            return True

    def change(self):
        """Wakes all who wait for a change of the turn."""
        self.waits, self.wakes = socket.socketpair()

    def ask(self):
        with lock:
            if not self.asked:
                self.asked = True
                link().send({'type': 'accepts', 'at': self.at})
                link().listen()

    def set(self, turn):
        self.turn = turn
        wakes = self.wakes
        self.change()
        wakes.close()


class Link:
    """The connection of this process to hotswap."""

    def __init__(self, path):
        import json
        self.json = json
        self.pid, self.rest, self.fds, self.reader, self.asks, self.answers = os.getpid(), b'', [], None, 0, {}
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.send({'type': 'hello', 'version': 1, 'pid': self.pid})

    def send(self, message):
        with lock:
            self.socket.sendall((self.json.dumps(message) + '\n').encode())

    def receive(self):
        """Returns the next lines, with the descriptors that belong to them; None: hotswap has gone."""
        data, more, _, _ = self.socket.recvmsg(65536, socket.CMSG_LEN(16 * 4))
        for level, kind, content in more:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                self.fds += [int.from_bytes(content[i:i + 4], sys.byteorder) for i in range(0, len(content) - 3, 4)]
        if not data:
            return None
        *lines, self.rest = (self.rest + data).split(b'\n')
        messages = [self.json.loads(line) for line in lines]
        return [(m, self.fds.pop(0) if m.get('handle') else -1) for m in messages]

    def bind(self, request):
        """Asks for an address, and waits for the answer."""
        with lock:
            self.asks += 1
            number = self.asks
            import threading
            got = threading.Event()
            if self.reader is not None:
                self.answers[number] = got
            self.send(dict(request, type='bind', id=number))
            if self.reader is None:
                while True:
                    for m, fd in self.receive() or [({'type': 'refused', 'id': number}, -1)]:
                        if m.get('id') == number:
                            return m, fd
                        self.obey(m, fd)
        got.wait()
        return self.answers.pop(number)

    def listen(self):
        """Obeys from now on, in a thread of its own, which a process without a turn does not need."""
        with lock:
            if self.reader is None:
                import threading
                self.reader = threading.Thread(target=self.run, name='hotswap', daemon=True)
                self.reader.start()

    def run(self):
        try:
            while True:
                messages = self.receive()
                if messages is None:
                    break
                for m, fd in messages:
                    got = self.answers.get(m.get('id'))
                    if got is not None:
                        self.answers[m['id']] = (m, fd)
                        got.set()
                    else:
                        self.obey(m, fd)
        except (OSError, ValueError):
            pass
        for number, got in list(self.answers.items()):
            if not isinstance(got, tuple):
                self.answers[number] = ({'type': 'refused'}, -1)
                got.set()

    def obey(self, m, fd):
        if fd >= 0:
            os.close(fd)  # the program has the socket already
        mine = [h for h in held.values() if h.at == m.get('at')]
        if m['type'] == 'go':
            for h in mine:
                h.set(True)
                for loop, args in list(h.loops):
                    if not loop.is_closed():
                        loop.call_soon_threadsafe(start, h, loop, args)
        elif m['type'] == 'stop':
            for h in mine:
                h.set(False)
            left = [(h, loop, args) for h in mine for loop, args in h.loops if not loop.is_closed()]
            stopped = {'type': 'stopped', 'at': m['at'], 'turn': m['turn']}
            if not left:
                return self.send(stopped)
            rest = [len(left)]

            def stop(h, loop, args):
                if not h.turn and args[1].fileno() >= 0:
                    loop._remove_reader(args[1].fileno())
                rest[0] -= 1
                if not rest[0]:
                    self.send(stopped)
            for one in left:
                one[1].call_soon_threadsafe(stop, *one)


links = []  # none, or that of this process


def link():
    if not links or links[0].pid != os.getpid():
        links[:] = [Link(PATH)]
    return links[0]


def forked():
    """A child has a turn of its own, and asks anew. The parent's descriptors are closed with it."""
    global lock
    lock = _thread.RLock()
    for h in held.values():
        h.turn, h.asked, h.loops = False, False, []
        h.change()
    links.clear()


def start(h, loop, args):
    if h.turn and args[1].fileno() >= 0:
        begin_serving(loop, *args)


def name_of(sock):
    try:
        return sock.getsockname()[:2]
    except (OSError, TypeError):
        return None


def bind(self, address):
    if self.family not in (socket.AF_INET, socket.AF_INET6) or self.type != socket.SOCK_STREAM or len(address) < 2 or not address[1] or len(address) > 3 and address[3]:
        return real_bind(self, address)
    six = self.family == socket.AF_INET6
    host = address[0] or ('::' if six else '0.0.0.0')
    host = socket.getaddrinfo(host, address[1], self.family, socket.SOCK_STREAM)[0][4][0]
    request = {'host': host, 'port': address[1], 'v6only': six and bool(self.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)),
               'shared': hasattr(socket, 'SO_REUSEPORT') and bool(self.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT))}
    name = host, address[1]
    if name in held and held[name].is_closed():
        link().send({'type': 'closed', 'at': held.pop(name).at})
    try:
        m, fd = link().bind(request)
    except (OSError, ValueError):  # hotswap has gone
        return real_bind(self, address)
    if fd < 0:
        if not m.get('code'):
            return real_bind(self, address)
        number = getattr(errno, m['code'], errno.EADDRINUSE)
        raise OSError(number, os.strerror(number))
    os.dup2(fd, self.fileno(), inheritable=self.get_inheritable())
    os.close(fd)
    held[name] = Held(m['at'], self.fileno())
    os.environ[AT] = '\n'.join('%s %d %s' % (n + (h.at,)) for n, h in held.items())


def listen(self, *backlog):
    h = held.get(name_of(self))
    if h is None:
        return real_listen(self, *backlog)
    real_listen(self, QUEUE)
    if not loops_of(self):
        link().send({'type': 'ready', 'at': h.at})


def loops_of(sock):
    """Reports whether asyncio is about to serve the socket: it says itself when it does."""
    frame = sys._getframe(2)
    return frame.f_code.co_name == '_start_serving' and frame.f_globals.get('__name__') == 'asyncio.base_events'


def accept(self):
    h = held.get(name_of(self))
    if h is None:
        return real_accept(self)
    h.ask()
    timeout = self.gettimeout()
    until = None if timeout is None else time.monotonic() + timeout
    while True:
        waits, turn = h.waits, h.turn
        if timeout == 0:
            if not turn:
                time.sleep(SPARE)
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            return real_accept(self)
        if turn:
            # O_NONBLOCK is a flag of all copies of the socket, so that no copy may wait in accept itself.
            os.set_blocking(self.fileno(), False)
            try:
                conn, address = real_accept(self)
            except BlockingIOError:
                pass
            else:
                conn.settimeout(socket.getdefaulttimeout())  # or the BSDs let the connection inherit the flag
                return conn, address
        left = None if until is None else max(until - time.monotonic(), 0)
        wait([waits, self] if turn else [waits], left)
        if until is not None and time.monotonic() >= until:
            raise socket.timeout('timed out')


def wait(socks, seconds):
    import select
    if hasattr(select, 'poll'):
        poll = select.poll()
        for sock in socks:
            poll.register(sock.fileno(), select.POLLIN)
        poll.poll(None if seconds is None else seconds * 1000)
    else:
        select.select(socks, [], [], seconds)


begin_serving = None  # asyncio's own


def asyncio(module):
    """Has the loops of asyncio serve a socket only while it is this process's turn."""
    global begin_serving
    cls = module.BaseSelectorEventLoop
    begin_serving = cls._start_serving

    def _start_serving(self, protocol_factory, sock, *args, **options):
        h = held.get(name_of(sock))
        if h is None:
            return begin_serving(self, protocol_factory, sock, *args, **options)
        h.loops = [(loop, old) for loop, old in h.loops if not loop.is_closed() and old[1].fileno() >= 0]
        h.loops.append((self, (protocol_factory, sock) + args + tuple(options.values())))
        h.ask()
        if h.turn:
            begin_serving(self, protocol_factory, sock, *args, **options)
        self.call_soon(link().send, {'type': 'ready', 'at': h.at})
    cls._start_serving = _start_serving


def sockets(module):
    """Has the sockets of the module ask hotswap."""
    global socket, real_bind, real_listen, real_accept
    socket = module
    real_bind, real_listen, real_accept = socket.socket.bind, socket.socket.listen, socket.socket.accept
    for line in os.environ.get(AT, '').splitlines():
        host, port, at = line.split(' ', 2)
        held[host, int(port)] = Held(at)
    socket.socket.bind, socket.socket.listen, socket.socket.accept = bind, listen, accept
    os.register_at_fork(after_in_child=forked)


CHANGES = {'socket': sockets, 'asyncio.selector_events': asyncio}
