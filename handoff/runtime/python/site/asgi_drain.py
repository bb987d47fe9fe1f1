# The connections of the servers in an event loop whose protocol the adapter knows, and how a drain
# empties the loop's process: handoff/runtime/connections has the orders. What depends on the server is in
# a class of its own, which says where one request ends and the next begins.
import os
import time

EXPECTED = 1  # s in which TLS is negotiated, and in which a request is expected that cannot be handed over
FLOWS = 15  # s in which an answer that flows loses a byte
LOOK = 0.02  # s between two looks while draining
SOON = 0.001  # s until the look after a change


def place(name):
    """Returns what a socket's name is called in the protocol: of a unix socket the path, beside which hotswap has given
    each generation's socket a name of its own (.NAME.hotswap-INODE, see handoff/unixpath)."""
    if not isinstance(name, tuple):
        name = os.fsdecode(name)
        if name.startswith('\0'):  # it has no file
            return name
        folder, file = os.path.split(os.path.abspath(name))
        own = file.rpartition('.hotswap-')[0] if file.startswith('.') else ''
        return os.path.join(folder, own[1:] or file)
    return ('[%s]:%d' if ':' in name[0] else '%s:%d') % name[:2]


class Listener:
    """What loop.create_server returned to a server, and how the server's protocols are made."""

    def __init__(self, drain, make, tls):
        self.drain, self.make, self.tls = drain, make, tls
        self.server = None  # until create_server returns
        self.named = False  # to hotswap, which from then on hears of the connections

    def names(self):
        return [s.getsockname() for s in self.server.sockets or ()] if self.server else []

    def at(self, local):
        """Returns the name of the socket that has accepted a connection with this local name; None: it is not known."""
        names = self.names()
        same = [n for n in names if n == local] or [
            n
            for n in names
            if type(n) is type(local) is tuple
            and len(n) == len(local)
            and n[:2] in (('0.0.0.0', local[1]), ('::', local[1]))
        ]
        return same[0] if same else names[0] if len(names) == 1 else None

    def accept(self):
        """Makes the protocol of an accepted connection, or raises."""
        protocol = self.make()
        follow = getattr(protocol, 'hotswap_follows', None)
        if follow is not None:
            protocol.hotswap = follow(self, protocol)
        return protocol


class Conn:
    """A connection. The functions of the server raise, or return what is not so, of a protocol that the
    adapter does not know."""

    def __init__(self, listener, protocol):
        self.listener, self.protocol, self.drain = listener, protocol, listener.drain
        self.transport = None  # until the connection, or TLS on it, is made
        self.since = self.drain.loop.time()  # when it was accepted, or the newest answer ended
        self.at = None  # the listening socket, as hotswap calls it
        self.stays = False  # it is not handed over in this drain
        self.adopted = None  # the number under which hotswap has passed the connection on; None: it has not
        self.moves = False  # it can be handed over between two requests
        self.closing = False  # the client knows that no further request is answered
        self.paused = False  # nothing is read, because the connection is about to be handed over
        self.leaving = False  # it is being handed over
        self.read = self.wrote = self.passed = 0  # bytes of the request; those of the answer, since the first look at it
        self.flowed = None  # when a byte of the answer left, as far as is known
        self.drain.follow(self)

    def made(self, transport):
        self.transport = transport
        self.drain.name(self.listener)
        name = self.listener.at(transport.get_extra_info('socket').getsockname())
        self.at = name and place(name)
        self.moves = (
            bool(self.at) and not self.listener.tls and transport.get_extra_info('sslcontext') is None and self.known()
        )
        self.drain.follow(self)
        if self.drain.order:
            self.drain.loop.call_soon(self.act)

    def owned(self):
        """Tells hotswap that it needs its descriptor no longer, which would hide the end from the client."""
        if self.adopted is not None:
            self.drain.link.send({'type': 'owned', 'id': self.adopted})
            self.adopted = None

    def lost(self):
        self.owned()
        self.drain.conns.discard(self)
        self.drain.stir()

    def answered(self):
        self.since = self.drain.loop.time()
        if self.drain.order:
            self.pause()
            self.drain.loop.call_soon(self.act)

    def may(self):
        return (
            self.moves
            and not self.stays
            and not self.closing
            and bool(self.drain.order and self.drain.order.get('moves'))
        )

    def pause(self):
        """Reads nothing more of a client that never pauses, until the answer has left."""
        try:
            if self.may() and self.between() and not self.paused:
                self.transport.pause_reading()
                self.paused = True
        except Exception:
            self.moves = False

    def go_on(self):
        if self.paused and not self.leaving:
            self.paused = False
            self.transport.resume_reading()

    def upgraded(self):
        return self.transport.get_protocol() is not self.protocol

    def unsent(self):
        try:
            return self.transport.get_write_buffer_size()
        except (RuntimeError, AttributeError):  # it is closed: of uvloop, or TLS before Python 3.11
            return 0

    def act(self):
        """Hands the connection over if that is due, or has the next answer end the connection."""
        try:
            if (
                not self.drain.order
                or self.leaving
                or self not in self.drain.conns
                or self.upgraded()
                or self.transport.is_closing()
            ):
                return
            if not self.may():
                self.go_on()
                self.close_behind()
            elif self.between() and self.unsent():
                self.drain.stir()
            elif self.between() and self.drain.link.give(
                {'type': 'move', 'at': self.at}, self.transport.get_extra_info('socket').fileno(), self.left_for
            ):
                self.pause()
                self.leaving = True
            else:
                self.go_on()
        except Exception:
            self.moves = False

    def left_for(self, lost):
        """Closes the connection here, if hotswap has got it."""
        self.leaving = False
        if lost and not self.transport.is_closing():
            self.stays = True
            self.go_on()
        else:
            self.drain.conns.discard(self)
            self.adopted = None
            self.transport.abort()  # no FIN: hotswap has the descriptor, too
        self.drain.stir()

    def count(self, now, streams, state):
        """Adds the connection to a state."""
        order = self.drain.order or {}
        if self.transport is None:
            if now - self.since >= EXPECTED:
                self.drain.conns.discard(self)  # TLS has failed
            else:
                state['connections'] += 1
                state['busy'] += self.listener.tls is not None
            return
        if self.transport.is_closing() and not self.unsent():
            self.drain.conns.discard(self)
            return
        state['connections'] += 1
        if self.upgraded():
            state['busy'] += 'websocket' in order
            return
        state['stays'] += not self.closing and not self.may()
        try:
            between, answer = self.between() and not self.unsent(), self.answer()
        except Exception:
            self.moves, between, answer = False, False, None
        if self.closing or not between:
            state['busy'] += 1
            state['streams'] += answer in streams
            state['flowing'] += answer is not None and self.flows(answer, now)
        elif self.may():
            state['busy'] += 1  # it is about to be handed over
        elif order.get('next') or self.listener.tls is not None or self.fresh():
            state['busy'] += now - self.since < EXPECTED

    def flows(self, answer, now):
        """Reports whether bytes of an answer have left, or have come of its request. When they did before the first look
        is not known, so that the answer counts as if it had flowed just then."""
        passed = self.wrote - self.unsent() + (self.read if answer.more_body else 0)
        if type(answer.transport) is not Counted:
            answer.transport, self.flowed = Counted(answer.transport, self), now
        elif passed != self.passed:
            self.flowed = now
        self.passed = passed
        return now - self.flowed < FLOWS


class Counted:
    """A transport that counts what an answer writes."""

    def __init__(self, transport, conn):
        self.transport, self.conn = transport, conn

    def write(self, data):
        self.conn.wrote += len(data)
        self.transport.write(data)

    def __getattr__(self, name):
        return getattr(self.transport, name)


class Drain:
    def __init__(self, link):
        self.loop, self.link = link.loop, link
        self.order = None  # of hotswap; None: the process serves
        self.listeners, self.conns, self.tasks = [], set(), set()  # listeners: of all servers of the loop
        self.roof = 100  # with more connections, look for those that have gone
        self.sent, self.timer, self.cost = None, None, 0  # the newest state; the next look; s of a look
        self.stirred = False  # the next look is soon
        for way in ('create_server', 'create_unix_server'):
            setattr(self.loop, way, self.watch(getattr(self.loop, way)))

    def watch(self, create):
        """Returns a method of the loop that makes servers, and that notes how their protocols are made."""

        async def created(protocol_factory, *args, **options):
            listener = Listener(self, protocol_factory, options.get('ssl'))
            listener.server = await create(listener.accept, *args, **options)
            self.listeners = [li for li in self.listeners if li.names()] + [listener]
            return listener.server

        return created

    def started(self, servers):
        for listener in self.listeners:
            if listener.server in servers:
                self.name(listener)

    def name(self, listener):
        if not listener.named:
            for name in listener.names():
                at = {'type': 'listening', 'at': place(name)}
                self.link.send(dict(at, port=name[1]) if isinstance(name, tuple) else at)
                listener.named = True

    def follow(self, conn):
        self.conns.add(conn)
        if len(self.conns) > self.roof:  # WebSockets end without a word
            self.look()
            self.roof = 2 * len(self.conns) + 100

    # ---- orders

    def obey(self, kind, order, fd):
        if kind == 'drain':
            self.order, self.sent = order, None
            self.look()
        elif kind == 'resume':
            self.resume()
        elif kind == 'look':
            self.loop.call_soon(self.look, order['seq'])  # after what has arrived is read
        elif kind == 'conn' and fd is not None:
            self.take(order, fd)
        elif kind in ('conn', 'take'):
            if fd is not None:
                os.close(fd)
            error = 'the socket did not arrive' if fd is None else 'no connection of this kind is taken'
            self.link.send({'type': 'taken', 'id': order['id'], 'error': error})

    def resume(self):
        self.order = None
        for conn in list(self.conns):
            conn.stays = False
            try:
                conn.go_on()
            except Exception:  # it has closed
                conn.moves = False

    def take(self, order, fd):
        task = self.loop.create_task(self.adopt(order, fd))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def taker(self, order):
        """Returns the listener to which a connection of another process belongs, or raises."""
        if time.time() * 1000 >= order['untilMs']:
            raise TimeoutError('it came too late')
        for listener in self.listeners:
            if listener.named and not listener.tls and order['at'] in [place(name) for name in listener.names()]:
                return listener
        raise LookupError('nobody listens there')

    async def adopt(self, order, fd):
        """Has a server accept a connection of another process as its own. The answer leaves before the first
        byte is read: afterwards no other process may get the connection, however late it is."""
        import socket

        sock, answer = socket.socket(fileno=fd), {'type': 'taken', 'id': order['id']}

        def accept():
            protocol = self.taker(order).accept()
            protocol.hotswap.stays = bool(order.get('stays'))
            protocol.hotswap.adopted = order['id']
            self.link.send(answer)
            answer['type'] = 'owned'
            return protocol

        try:
            sock.setblocking(False)
            await self.loop.connect_accepted_socket(accept, sock)
        except Exception as e:
            sock.close()
            self.link.send(dict(answer, error=str(e) or type(e).__name__))

    # ---- the state

    def look(self, seq=None):
        """Hands over what may be, and reports the state."""
        began = self.loop.time()
        state = {'type': 'state', 'connections': 0, 'busy': 0, 'streams': 0, 'flowing': 0, 'stays': 0}
        streams = [
            getattr(r.send_on, '__self__', r) for r in self.link.followed if r.events and not r.complete
        ]  # uvicorn's answers
        for conn in list(self.conns):
            if self.order and conn.transport is not None:
                conn.act()
            if conn in self.conns:
                conn.count(began, streams, state)
        if seq is not None:
            self.link.send(dict(state, seq=seq))
        elif self.order and state != self.sent and not self.link.out:
            self.link.send(state)
            self.sent = state
        self.cost = self.loop.time() - began
        self.again(LOOK)

    def stir(self):
        """Looks soon, because something has changed."""
        if self.order and not self.stirred:
            self.stirred = True
            self.again(SOON)

    def again(self, after):
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        self.stirred = after == SOON
        if self.order:
            self.timer = self.loop.call_later(max(after, 5 * self.cost), self.look)
