# Kept connections of gunicorn's worker with threads (20.0 to 26.1), which asgi_drain hands over as it does uvicorn's.
# What concerns the poller happens in the worker's main thread before it selects: gunicorn ends by a KeyError where a
# connection leaves the poller that has an event in the same round. Up to version 23 a worker that has as many
# connections as it may does not select: it obeys when it tells its parent that it lives, once a second.
import time

READ, WRITE = 1, 2  # of selectors


class Loop:
    """What link and drain ask of an event loop."""

    create_server = create_unix_server = due = None
    time = time.monotonic
    add_writer = remove_writer = close = is_running = is_closed = lambda *_: None

    def __init__(self, poller, lock):
        self.poller, self.lock, self.soon, self.select_on = poller, lock, [], poller.select

    def select(self, timeout=None):
        attempt(self.turn)
        if self.soon or self.due:
            timeout = max(0 if self.soon else self.due[0] - self.time(), 0)
        return self.select_on(timeout)

    def turn(self):
        if self.soon:
            attempt(lambda: self.want(READ))
        for _ in range(len(self.soon)):  # what these add comes after the next select, with what has arrived
            self.soon.pop(0)()
        if self.link.out:
            self.link.flush()
        if self.due and self.due[0] <= self.time():
            call, self.due = self.due[1], None
            call()

    def want(self, events):  # raises when the link has ended, or the loop
        with self.lock:
            self.poller.modify(self.fd, events, self.heard)

    def heard(self, _):
        self.soon.append(self.read)

    def call_soon(self, call, *args):
        """Has the main thread call a function, from any thread. The socket of the link can always be written."""
        self.soon.append(lambda: call(*args))
        attempt(lambda: self.want(READ | WRITE))

    def call_later(self, after, call):
        self.due = self.time() + after, call
        return self

    def cancel(self):
        self.due = None

    def add_reader(self, fd, call):
        self.fd, self.read = fd, call
        self.poller.register(fd, READ, self.heard)

    def remove_reader(self, fd):
        if self.poller.get_map():
            self.poller.unregister(fd)


def attempt(call):
    try:
        return call()
    except Exception:
        return None


def change(module, *parts):
    """Has each worker make its link when it begins to serve. One of another shape runs as without the adapter."""
    run = module.ThreadWorker.run

    def running(self):
        link = None
        try:
            link = follow(self, module, *parts)
        except Exception as e:
            attempt(lambda: unknown(parts[0]['Wire'](), str(e)))
        try:
            run(self)
        finally:
            attempt(lambda: link.close())

    module.ThreadWorker.run = running


def unknown(wire, what):
    """Tells hotswap that this gunicorn is another one, and why."""
    import gunicorn

    hello = {'type': 'hello', 'version': 1, 'pid': wire.pid, 'runtime': 'gunicorn ' + gunicorn.__version__}
    for message in dict(hello, files=False), {'type': 'off', 'feature': 'connections', 'what': what[:200]}:
        wire.sock.sendall(wire.line(message))
    wire.close()


def follow(worker, module, links, app, drain):
    import select
    import socket
    from concurrent.futures import Future
    from functools import partial
    from threading import Lock, RLock

    cfg, base, old = worker.cfg, module.TConn, hasattr(worker, '_keep')
    queues = [worker._keep if old else worker.keepalived_conns, getattr(worker, 'pending_conns', ())]
    handle, finish, enqueue, wsgi = worker.handle_request, worker.finish_request, worker.enqueue_req, worker.wsgi
    notify = worker.notify
    plain = not cfg.is_ssl and str(getattr(cfg, 'proxy_protocol', 'off')) in ('off', 'False')
    plain = plain and getattr(cfg, 'protocol', 'http') == 'http'
    if cfg.is_ssl and 'h2' in getattr(cfg, 'http_protocols', ()):
        return None
    loop = Loop(worker.poller, worker._lock if old else RLock())

    class Conn(base, drain['Conn']):
        req = resp = send_on = closing = None  # the request that is being answered, and its answer
        events, tail, complete, gone, ahead = False, b'', True, False, False
        note, may_end = app['Stream'].note, app['Stream'].may_end
        waited = hasattr(base, 'wait_for_data') or old and hasattr(worker, 'on_client_socket_readable')
        unsent = close_behind = lambda _: None
        resting = lambda self: loop.poller.get_map().get(self.sock)
        is_closing = lambda self: self.sock.fileno() < 0
        get_extra_info = lambda self, _: self.sock

        def __init__(self, *args):
            base.__init__(self, *args)
            drain['Conn'].__init__(self, listener, None)
            self.transport, self.at, self.moves = self, drain['place'](self.server), plain

        def beyond(self):
            """Returns how many bytes have been read behind the request; below zero: some of its body have not."""
            if self.parser is None:
                return 0
            held = len(self.parser.unreader.buf.getvalue())
            reader = self.parser.mesg and self.parser.mesg.body.reader
            return held - getattr(reader, 'length', held + 1 if getattr(reader, 'parser', None) else 0)

        def between(self):
            return self.req is None and self.resting() and not self.beyond()

        def fresh(self):
            return self.parser is None or self.parser.mesg is None

        def upgraded(self):
            return ('UPGRADE', 'websocket') in getattr(self.req, 'headers', ())

        def answer(self):
            resp = self.resp  # which the thread may take away
            return self if resp and (resp.headers_sent or self.beyond() < 0) else None

        def flows(self, answer, now):
            # tcpi_bytes_acked and tcpi_bytes_received
            info = attempt(lambda: self.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 136)[120:])
            passed = info or getattr(self.resp, 'sent', 0)
            if passed != self.passed:
                self.passed, self.flowed = passed, now
            return now - self.flowed < drain['FLOWS']

        def pause(self):
            self.paused = True
            with loop.lock:
                loop.poller.unregister(self.sock)
                for queue in queues:
                    if self in queue:
                        queue.remove(self)

        def go_on(self):
            key = self.resting()
            if self.paused and not self.leaving:
                self.paused = False
                rest(self)
            elif key and self.beyond() > 0:  # gunicorn would wait for more, although a request has come
                key.data(self.sock)

        def abort(self):
            worker.nr_conns -= 1
            base.close(self)
            self.transport = None

        def close(self, *args, **options):
            base.close(self, *args, **options)
            if self.adopted is None:
                drains.conns.discard(self)
            else:
                loop.call_soon(self.lost)
            self.transport = None

        # ---- in a thread

        def wait_for_data(self, timeout):
            """Awaits the first byte, as gunicorn 25 does, but not in a drain."""
            poll, end = select.poll(), loop.time() + timeout
            poll.register(self.sock, select.POLLIN)
            while not self.data_ready:
                self.data_ready = bool(poll.poll(50))
                if drains.order or loop.time() >= end:
                    break
            return self.data_ready

        def ends(self):
            """Reports whether the answer ends the connection, as its head says. To close before the request has come
            whole would be a reset."""
            if self.closing is None:
                order = drains.order
                moves = order and order.get('moves') and self.moves and not self.stays
                self.closing = bool(order and not moves and attempt(self.beyond) == 0)
            return self.closing or type(self.req).should_close(self.req)

        def answers(self, resp, environ):
            self.resp = resp
            if environ.get('HTTP_ACCEPT', '').startswith('text/event-stream') and plain:
                headers = [(n.lower().encode('latin-1'), v.encode('latin-1')) for n, v in self.req.headers]
                if app['reconnects']({'method': self.req.method, 'headers': headers}):
                    self.tail, self.lock, write, close = b'', Lock(), resp.write, resp.close
                    self.complete = bool(linked.order) and linked.order['code'] == app['GOING_AWAY']
                    resp.write, resp.close = partial(self.step, write, True), partial(self.step, close, False)
                    resp.sendfile = lambda _: False
                    linked.followed.add(self)

        def step(self, call, more, *args):
            with self.lock:
                if self.gone:
                    raise BrokenPipeError(32, 'the client has gone')
                began = self.resp.headers_sent
                call(*args)
                if not began:
                    headers = [(n.encode('latin-1'), v.encode('latin-1')) for n, v in self.resp.headers]
                    self.note({'type': 'http.response.start', 'headers': headers})
                self.note({'type': 'http.response.body', 'body': b''.join(args), 'more_body': more})
            self.leave()

        def discards(self, req):
            """Reads what the program has not read of a body. gunicorn does so from version 24 on."""
            try:
                self.sock.settimeout(drain['EXPECTED'])
                while req.body.read(1 << 13):
                    pass
                self.sock.settimeout(None)
                self.ahead = self.beyond() > 0  # the drain may be over before the main thread knows
                return True
            except Exception:
                return False

        def leave(self):
            """Ends an event stream if hotswap has said so and nothing is half sent. The program's next write fails."""
            if linked.order and self.lock.acquire(False):
                try:
                    if not self.complete and self.may_end():
                        if self.resp.chunked:
                            self.sock.send(b'0\r\n\r\n', socket.MSG_DONTWAIT)
                        self.sock.shutdown(socket.SHUT_WR)
                        self.gone = self.complete = True
                        drains.conns.discard(self)
                except (OSError, AttributeError):  # it has gone, or takes nothing now
                    pass
                finally:
                    self.lock.release()

    def rest(conn):
        """Has gunicorn keep a connection as behind an answer."""
        fs = Future()
        fs.conn = conn
        fs.set_result((True, conn) if old else True)
        conn.init()
        finish(*[fs] if old else [conn, fs])

    def take(order, fd):
        sock, answer = socket.socket(fileno=fd), {'type': 'taken', 'id': order['id']}
        try:
            if not worker.alive or worker.nr_conns + 1 >= worker.worker_connections:
                raise LookupError('the worker accepts no more')
            name = [n for n in drains.taker(order).names() if drain['place'](n) == order['at']][0]
            conn = Conn(cfg, sock, sock.getpeername(), name)
            conn.stays, conn.adopted = bool(order.get('stays')), order['id']
            linked.send(answer)
            answer['type'] = 'owned'
            worker.nr_conns += 1
            rest(conn)
        except Exception as e:
            sock.close()
            linked.send(dict(answer, error=str(e) or type(e).__name__))

    def enqueue_req(conn):
        """Has gunicorn 20 and 24 await the first byte in the poller: what is in a thread is not handed over."""
        came = conn.parser or getattr(conn, 'waited', True) or attempt(lambda: conn.sock.recv(1, socket.MSG_PEEK))
        if came:
            return enqueue(conn)
        conn.waited = True
        with loop.lock:
            loop.poller.register(conn.sock, READ, lambda sock: (loop.poller.unregister(sock), enqueue(conn)))

    def handle_request(req, conn):
        if not isinstance(conn, Conn):
            return handle(req, conn)
        if conn.adopted is not None:
            loop.call_soon(conn.owned)
        conn.req, conn.closing, conn.ahead, req.should_close = req, None, False, conn.ends
        try:
            kept = handle(req, conn)
            return kept and (not (drains.order and plain) or conn.beyond() >= 0 or conn.discards(req))
        finally:
            linked.followed.discard(conn)
            conn.since, conn.req, conn.resp, conn.events = loop.time(), None, None, False
            del req.should_close

    def called(environ, start_response):
        attempt(lambda: start_response.__self__.req.should_close.__self__.answers(start_response.__self__, environ))
        return wsgi(environ, start_response)

    def finish_request(*args):
        conn = args[0].conn if old else args[0]
        if worker.alive and (drains.order or getattr(conn, 'ahead', False)):
            # in the main thread, or a client that never pauses would never move
            loop.call_soon(lambda: (finish(*args), conn.act(), conn.go_on()))
        else:
            finish(*args)

    def notified():
        notify()
        if worker.nr_conns >= worker.worker_connections:
            attempt(loop.read)
            attempt(loop.turn)

    for sock in worker.sockets:
        drain['place'](sock.getsockname())  # raises here, where there is no link yet
    linked = loop.link = links['Link'](loop)
    drains = linked.drain = drain['Drain'](linked)
    listener = drain['Listener'](drains, None, None if plain else True)
    listener.server, drains.listeners, drains.follow, drains.take = worker, [listener], drains.conns.add, take
    drains.name(listener)
    module.TConn, worker.wsgi, worker.enqueue_req, loop.poller.select = Conn, called, enqueue_req, loop.select
    worker.handle_request, worker.finish_request, worker.notify = handle_request, finish_request, notified
    return linked
