# A socket of TCP that binds a fixed port gets hotswap's listening socket at its own number (handoff/held has what the messages mean).
# The kernel reports the clients of all generations to each. So accept and selectors wait for a door: a queue of the kernel's
# that watches the socket only while it is this process's turn.
import _thread
import errno
import os
import select as waits
import sys
import time
from _weakref import ref

AT = 'HOTSWAP_HELD_AT'  # the names of the sockets that children inherit, with hotswap's
SPARE = (
    0.001  # s that a loop sleeps which is told of another generation's client, and which a stop leaves for the last one
)
QUEUE = 4096  # the queue is that of all generations
socket = None  # the module, when the program has imported it
Door = load('held_door')['Door']
lock = _thread.RLock()
held = {}  # the socket's name → Held; programs make other sockets of the same number (werkzeug)
numbers = {}  # each number that the program has of these → Held, and its socket


class Held:
    def __init__(self, at):
        self.at = at
        self.turn = False  # this process accepts
        self.claims = False  # hotswap knows that this process has it
        self.asked = False  # for its turn
        self.ready = False  # hotswap knows that the program listens
        self.shared = False  # a child may have it, too
        self.polled = False  # the program waits for clients elsewhere than in accept
        self.own = self.door = None  # a socket for the adapter alone, and what is readable while a client waits for it

    def open(self, fd):
        """Gives it a descriptor, which it keeps."""
        os.set_inheritable(fd, False)
        self.own = socket.SocketType(fileno=fd)  # not one of the program's
        self.own.settimeout(0)
        self.door = Door(fd)

    def ask(self, fd):
        with lock:
            if self.own is None:
                self.open(os.dup(fd))
            if not self.asked:
                link().listen()
                self.asked = self.claims = True
                link().send({'type': 'accepts', 'at': self.at})

    def set(self, turn):
        ends = self.turn and not turn
        with lock:
            self.turn = turn or ends  # whoever is told of a client may accept it
            if self.door is not None and turn != self.door.open:
                self.door.set(turn)
        if self.polled and ends:
            time.sleep(SPARE)
        with lock:
            self.turn = turn

    def says_ready(self):
        if not self.ready:
            self.ready = True
            link().send({'type': 'ready', 'at': self.at})

    def check(self):
        """Says so if the program has closed the last of the socket's descriptors."""
        with lock:
            for n in [n for n, (h, _) in list(numbers.items()) if h is self and find(n) is not self]:
                del numbers[n]
            if self.own is None or any(h is self for h, _ in list(numbers.values())):
                return
            for name in [name for name, h in list(held.items()) if h is self]:
                del held[name]
            self.own.close()
            self.door.queue.close()
            self.own = None
            export()
            if self.claims:
                link().send({'type': 'unbound', 'at': self.at, 'tried': not self.ready and not self.shared})


class Link(load('wire')['Wire']):
    """The link of this process's sockets, whatever its event loops have. It hears of drains, which are theirs."""

    def __init__(self):
        super().__init__()
        self.reader, self.asks, self.answers = None, 0, {}  # answers: those that the reader is to get, by number
        self.hello()

    def send(self, message):
        with lock:
            self.sock.sendall(self.line(message))

    def bind(self, request):
        """Asks for an address, and waits for the answer."""
        with lock:
            self.asks += 1
            if self.reader is not None:
                import queue

                got = self.answers[self.asks] = queue.SimpleQueue()
            self.send(dict(request, type='bind', id=self.asks))
            while self.reader is None:
                self.receive()
                for m, fd in self.messages():
                    if m.get('id') == self.asks:
                        return m, fd
                    self.obey(m, fd)
        return got.get()

    def listen(self):
        """Obeys from now on, in a thread of its own, which a process without a turn does not need."""
        with lock:
            if self.reader is None:
                # or an error: the next one asks again. A program that joins all its threads does not see this one.
                self.reader = _thread.start_new_thread(self.run, ())

    def run(self):
        try:
            while True:
                for m, fd in self.messages():
                    got = self.answers.pop(m.get('id'), None)
                    if got is not None:
                        got.put((m, fd))
                    else:
                        self.obey(m, fd)
                self.receive()
        except Exception:  # nobody obeys any more, and hotswap need not wait for it
            pass
        with lock:
            self.close()  # from now on, send fails
            for got in self.answers.values():
                got.put(({'type': 'refused'}, None))

    def obey(self, m, fd):
        if fd is not None:
            os.close(fd)  # the process has the socket already
        if m['type'] in ('go', 'stop'):
            for h in list(held.values()):
                if h.at == m['at']:
                    h.set(m['type'] == 'go')
        if m['type'] == 'stop':
            self.send({'type': 'stopped', 'at': m['at'], 'turn': m['turn']})


links = []  # none, or that of this process


def link():
    if not links or links[0].pid != os.getpid():
        links[:] = [Link()]
    return links[0]


def forks():
    for h in list(held.values()):
        h.shared = True


def forked():
    """A child has a turn of its own, and asks anew. The parent's descriptors are closed with it."""
    global lock
    lock = _thread.RLock()
    links.clear()
    for h in list(held.values()):
        h.turn = h.claims = h.asked = False
        if h.door is not None:  # or it would open the parent's
            h.door.renew()


def name_of(sock):
    try:
        return sock.getsockname()[:2]
    except (OSError, TypeError):
        return None


def find(number):
    """Returns what is held at a number, which may be another's by now."""
    try:
        sock = socket.SocketType(fileno=number)
    except OSError:
        return None
    try:
        return held.get(name_of(sock)) if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) else None
    finally:
        sock.detach()


def adopt(sock):
    """Notes a socket that the program makes of a number."""
    h = held.get(name_of(sock))
    if h is not None and sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        numbers[sock.fileno()] = h, ref(sock, lambda _: attempt(h.check))


def attempt(act):
    try:
        act()
    except Exception:  # hotswap has gone
        pass


def export():
    os.environ[AT] = '\n'.join('%s %d %s' % (n + (h.at,)) for n, h in list(held.items()))


def bind(self, address):
    if (
        self.family not in (socket.AF_INET, socket.AF_INET6)
        or self.type != socket.SOCK_STREAM
        or len(address) < 2
        or not address[1]
        or len(address) > 3
        and address[3]
    ):
        return real_bind(self, address)
    six = self.family == socket.AF_INET6
    host = address[0] or ('::' if six else '0.0.0.0')
    host = socket.getaddrinfo(host, address[1], self.family, socket.SOCK_STREAM)[0][4][0]
    request = {
        'host': host,
        'port': address[1],
        'v6only': six and bool(self.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)),
        'shared': hasattr(socket, 'SO_REUSEPORT') and bool(self.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT)),
    }
    name = host, address[1]
    if name in held:
        held[name].check()
    try:
        m, fd = link().bind(request)
    except (OSError, ValueError):  # hotswap has gone
        m, fd = {'type': 'refused'}, None
    if m['type'] == 'refused' and not m.get('code'):
        held.pop(name, None)
        return real_bind(self, address)
    if fd is None and m['type'] == 'socket':  # the process may open no more
        link().send({'type': 'unbound', 'at': m['at']})
        m['code'] = 'EMFILE'
    if fd is None:
        number = getattr(errno, m['code'], errno.EADDRINUSE)
        raise OSError(number, os.strerror(number))
    os.dup2(fd, self.fileno(), inheritable=self.get_inheritable())
    h = held.setdefault(name, Held(m['at']))
    h.claims = True
    if h.own is None:
        h.open(fd)
    else:
        os.close(fd)
    adopt(self)
    export()


def listen(self, *backlog):
    h = held.get(name_of(self))
    if h is None:
        return real_listen(self, *backlog)
    real_listen(self, QUEUE)
    if not loops_of(self):
        h.says_ready()


def loops_of(sock):
    """Reports whether asyncio is about to serve the socket: it says itself when it does."""
    frame = sys._getframe(2)
    return frame.f_code.co_name == '_start_serving' and frame.f_globals.get('__name__') == 'asyncio.base_events'


def accept(self):
    h = held.get(name_of(self))
    if h is None:
        return real_accept(self)
    h.ask(self.fileno())
    timeout = self.gettimeout()
    until = None if timeout is None else time.monotonic() + timeout
    while True:
        with lock:  # so that nothing is accepted after a stop
            turn, door = h.turn, h.door
            try:
                if turn and h.own is not None:
                    conn, address = real_accept(h.own)
                    conn.settimeout(socket.getdefaulttimeout())  # or the BSDs let the connection inherit O_NONBLOCK
                    return conn, address
            except BlockingIOError:
                pass
        if timeout == 0 or h.polled and not turn:
            if not turn:
                time.sleep(SPARE)
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        left = None if until is None else max(until - time.monotonic(), 0)
        door.wait(left)
        if until is not None and time.monotonic() >= until:
            raise socket.timeout('timed out')


def init(self, *args, **options):
    real_init(self, *args, **options)
    if len(args) > 3 or 'fileno' in options:
        adopt(self)


def close(self, *args):
    h, _ = numbers.get(self.fileno(), (None, None))
    real_close(self, *args)
    if h is not None:
        attempt(h.check)


def number_of(fileobj):
    """Returns what a selector waits for: instead of what is held, its door."""
    number = real_number(fileobj)
    h, _ = numbers.get(number, (None, None))
    if h is None or find(number) is not h:
        return number
    h.polled = True
    h.ask(number)
    return h.door.number


def select(numbers, rlist, *others):
    if not numbers:
        return real_select(rlist, *others)
    rlist = list(rlist)
    doors = {}
    for i, file in enumerate(rlist):
        number = file if isinstance(file, int) else getattr(file, 'fileno', int)()
        if number in numbers:
            rlist[i] = number_of(number)
            doors[rlist[i]] = file
    ready = real_select(rlist, *others)
    return ([doors.get(file, file) if isinstance(file, int) else file for file in ready[0]],) + ready[1:]


def asyncio(module):
    """Has asyncio say that the program listens when its loop runs."""
    begin_serving = module.BaseSelectorEventLoop._start_serving

    def _start_serving(self, protocol_factory, sock, *args, **options):
        begin_serving(self, protocol_factory, sock, *args, **options)
        h = held.get(name_of(sock))
        if h is not None:
            self.call_soon(h.says_ready)

    module.BaseSelectorEventLoop._start_serving = _start_serving


def sockets(module):
    """Has the sockets of the module ask hotswap."""
    global socket, real_init, real_bind, real_listen, real_accept, real_close, real_number
    import selectors

    socket = module
    cls = socket.socket
    real_init, real_bind, real_listen, real_accept, real_close = (
        cls.__init__,
        cls.bind,
        cls.listen,
        cls.accept,
        cls._real_close,
    )
    real_number = selectors._fileobj_to_fd
    for line in os.environ.get(AT, '').splitlines():
        host, port, at = line.split(' ', 2)
        held[host, int(port)] = Held(at)
    cls.__init__, cls.bind, cls.listen, cls.accept, cls._real_close = init, bind, listen, accept, close
    selectors._fileobj_to_fd = number_of
    os.register_at_fork(before=forks, after_in_child=forked)


real_select, waits.select = waits.select, select.__get__(numbers)  # a method, which selectors can have in a class
CHANGES = {'socket': sockets, 'asyncio.selector_events': asyncio}
