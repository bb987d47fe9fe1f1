"""Plays hotswap for programs in this process, and prints what it does not expect. Arguments: the folder of hotswap's
modules, and an empty folder."""
import _socket
import asyncio
import gc
import importlib.machinery
import json
import os
import queue
import resource
import select
import selectors
import socket
import socketserver
import subprocess
import sys
import threading
import warnings

SITE, ROOT = sys.argv[1:]
os.environ['HOTSWAP_WIRE'], os.environ['HOTSWAP_HELD'] = ROOT + '/socket', '1'
PATIENCE = 60
warnings.simplefilter('ignore', DeprecationWarning)  # of a fork beside threads


parts = {}


def load(name):
    parts[name] = space = {'load': load}
    exec(importlib.machinery.SourceFileLoader(name, SITE + '/' + name + '.py').get_code(name), space)
    return space


class Hotswap:
    """Has one connection, that of this process, and answers each bind."""

    def __init__(self):
        self.sockets, self.said, self.names = {}, queue.Queue(), []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(os.environ['HOTSWAP_WIRE'])
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            self.conn = self.listener.accept()[0]
            for line in self.conn.makefile():
                m = json.loads(line)
                if m['type'] == 'bind':
                    self.bind(m)
                self.said.put(m)
            self.said.put({'type': 'end'})

    def bind(self, m):
        at = name((m['host'], m['port']))
        self.open((m['host'], m['port']), at)
        self.write({'type': 'socket', 'id': m['id'], 'at': at}, at)

    def open(self, address, at):
        if at not in self.sockets:
            self.sockets[at] = _socket.socket()  # which asks nobody
            self.sockets[at].bind(address)
            self.sockets[at].listen()
            self.sockets[at].setblocking(False)

    def write(self, m, at=None):
        fds = [] if at is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, self.sockets[at].fileno().to_bytes(4, sys.byteorder))]
        self.conn.sendmsg([(json.dumps(m) + '\n').encode()], fds)

    def hears(self, kind):
        """Waits for a message of this type, and returns it."""
        while True:
            m = self.said.get(timeout=PATIENCE)
            self.names.append(m['type'])
            if m['type'] == kind:
                return m

    def go(self, at):
        self.write({'type': 'go', 'at': at}, at)

    def stop(self, at):
        self.write({'type': 'stop', 'at': at, 'turn': 1})
        self.hears('stopped')

    def accepts(self, at):
        """Accepts a client as another generation would, or fails."""
        poll = select.poll()
        poll.register(self.sockets[at].fileno())
        poll.poll(PATIENCE * 1000)
        os.close(self.sockets[at]._accept()[0])


hotswap = Hotswap()
load('asgi')['install'](importlib.machinery.SourceFileLoader)


def expect(name, got, want):
    if got != want:
        print('%s: %r, want %r' % (name, got, want))


def free():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()


def name(address):
    return '%s:%d' % address


def joined(name, thread):
    thread.join(PATIENCE)
    if thread.is_alive():
        print(name, 'does not end')
        sys.stdout.flush()
        os._exit(1)


def opened(**options):
    listener = socket.create_server(free(), **options)
    hotswap.hears('ready')
    return listener, name(listener.getsockname())


def server_ends():
    """A server of socketserver ends while the clients of another generation wait."""
    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.sendall(b'served')
    with socketserver.ThreadingTCPServer(free(), Handler) as server:
        at = name(server.server_address)
        for turn in (False, True):
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            if not turn:
                hotswap.hears('accepts')
            else:
                hotswap.go(at)
                with socket.create_connection(server.server_address) as client:
                    expect('of socketserver', client.makefile().read(), 'served')
                hotswap.stop(at)
            client = socket.create_connection(server.server_address)
            ends = threading.Thread(target=server.shutdown, daemon=True)
            ends.start()
            joined('the server', ends)
            hotswap.accepts(at)
    hotswap.hears('unbound')


def waits_see_the_turn():
    """Whoever waits for a listener sees clients only while it is the process's turn."""
    listener, at = opened()
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    pipe = os.pipe()
    os.write(pipe[1], b'x')
    client = socket.create_connection(listener.getsockname())
    hotswap.hears('accepts')
    expect('threads that a program sees', [t for t in threading.enumerate() if t.name.startswith(('hotswap', 'Dummy'))], [])
    mine = parts['held']['held'][listener.getsockname()]
    turns, change = [], mine.door.set
    mine.door.set = lambda open: (turns.append((open, mine.turn)), change(open))
    expect('select', select.select([pipe[0], listener], [], [], 0), ([pipe[0]], [], []))
    expect('a selector', selector.select(0), [])
    hotswap.go(at)
    expect('select at the turn', select.select([listener], [], [], PATIENCE), ([listener], [], []))
    expect('a selector at the turn', [key.fileobj for key, _ in selector.select(PATIENCE)], [listener])
    hotswap.stop(at)
    expect('select after the turn', select.select([listener], [], [], 0), ([], [], []))
    try:
        listener.accept()
    except BlockingIOError:  # it was told of the client
        hotswap.accepts(at)
    else:
        print('it accepted after its turn')
    expect('whoever was told may accept', turns, [(True, True), (False, True)])
    selector.unregister(listener)
    selector.close()
    listener.close()
    hotswap.hears('unbound')


def select_is_one():
    """A program has the adapter's select before it has sockets, and may have it in a class."""
    subprocess.run([sys.executable, '-c', parts['asgi']['SPAWNED'] % SITE + '''
import sys
from select import select
assert 'socket' not in sys.modules
import selectors, select as module, socket
assert select is module.select
selectors.SelectSelector().select(0)'''], check=True)


def closes_are_said():
    """hotswap hears of a socket when the program has closed the last of its descriptors."""
    listener, at = opened()
    again = listener.dup()
    listener.close()
    adopted = socket.socket(fileno=again.detach())
    hotswap.names.clear()
    del adopted
    gc.collect()
    expect('closed', hotswap.hears('unbound')['at'], at)
    expect('before', hotswap.names, ['unbound'])
    with socket.socket() as listener:
        listener.bind(free())
    expect('tried', hotswap.hears('unbound')['tried'], True)
    with socket.socket() as listener:
        listener.bind(free())
        child = os.fork()
        if not child:
            os._exit(0)
        os.waitpid(child, 0)
    expect('tried and shared', hotswap.hears('unbound')['tried'], False)
    listener, at = opened()
    address, number = listener.getsockname(), listener.detach()
    os.close(number)
    listener = socket.create_server(address)
    hotswap.hears('unbound')
    hotswap.hears('bind')
    listener.close()
    hotswap.hears('unbound')


def limited(act):
    """Acts while the process may open no more."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    fd = os.dup(0)
    os.close(fd)
    resource.setrlimit(resource.RLIMIT_NOFILE, (fd, limits[1]))
    try:
        return act()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def loop_at_the_limit():
    """A loop of asyncio that can accept nothing tries again, and hotswap hears of it once."""
    asyncio.constants.ACCEPT_RETRY_DELAY = 0
    address = free()
    failures = []

    async def serve(reader, writer):
        writer.close()
        served.set_result(None)

    async def main():
        global served
        loop = asyncio.get_running_loop()
        served, thrice = loop.create_future(), loop.create_future()

        def failed(loop, context):
            failures.append(context['message'])
            if len(failures) == 3:
                thrice.set_result(None)
        loop.set_exception_handler(failed)
        server = await asyncio.start_server(serve, *address)
        await loop.run_in_executor(None, hotswap.hears, 'ready')
        hotswap.names.clear()
        client = socket.create_connection(address)
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        full = [os.dup(0)]
        resource.setrlimit(resource.RLIMIT_NOFILE, (full[0] + 1, limits[1]))
        hotswap.write({'type': 'go', 'at': name(address)})
        await asyncio.wait_for(thrice, PATIENCE)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        os.close(full[0])
        await asyncio.wait_for(served, PATIENCE)
        server.close()
        client.close()
    asyncio.run(main())
    hotswap.hears('unbound')
    expect('asyncio says', hotswap.names, ['unbound'])


def turns_at_the_limit():
    """What hotswap writes counts, also if the descriptor that it sends along is lost."""
    listener, at = opened()
    listener.setblocking(False)
    try:
        listener.accept()
    except BlockingIOError:
        hotswap.hears('accepts')
    else:
        print('it accepted before its turn')
    other = socket.socket()

    def without():
        hotswap.go(at)
        hotswap.stop(at)
        hotswap.go(at)
        try:
            other.bind(free_address)
        except OSError as e:
            return e.strerror
    free_address = free()
    hotswap.open(free_address, name(free_address))
    expect('a bind', limited(without), os.strerror(24))
    expect('closed', hotswap.hears('unbound')['at'], name(free_address))
    client = socket.create_connection(listener.getsockname())
    expect('select', select.select([listener], [], [], PATIENCE), ([listener], [], []))
    listener.accept()[0].close()
    client.close()
    listener.close()
    hotswap.hears('unbound')


def stops_with_a_timeout():
    """A thread that waits for a client with a timeout accepts none after its turn."""
    listener, at = opened()
    listener.settimeout(PATIENCE)
    threading.Thread(target=lambda: listener.accept()[0].close(), daemon=True).start()
    hotswap.hears('accepts')
    hotswap.go(at)
    with socket.create_connection(listener.getsockname()) as client:
        expect('accepted', client.recv(1), b'')
    threading.Thread(target=lambda: listener.accept()[0].close(), daemon=True).start()
    hotswap.stop(at)
    client = socket.create_connection(listener.getsockname())
    hotswap.accepts(at)
    client.close()


def nonsense():
    """A program that hotswap writes nonsense to binds by itself."""
    listener, _ = opened()
    selectors.DefaultSelector().register(listener, selectors.EVENT_READ)
    hotswap.hears('accepts')
    hotswap.write({'nonsense': True})
    hotswap.hears('end')
    address, got = free(), []

    def bind():
        listener = socket.socket()
        listener.bind(address)
        got.append(listener.getsockname())
    thread = threading.Thread(target=bind, daemon=True)
    thread.start()
    joined('a bind after nonsense', thread)
    expect('after nonsense', got, [address])


for case in server_ends, waits_see_the_turn, select_is_one, closes_are_said, loop_at_the_limit, turns_at_the_limit, stops_with_a_timeout, nonsense:
    case()
