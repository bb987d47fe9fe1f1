# The wrapper around an ASGI application, which ends event streams and WebSockets when hotswap says
# so. Until then every message passes through as it is.
import sys

GRACE = 1  # s after the end of a connection in which the application should hear of that end
GOING_AWAY = 1001  # the code of a drain after which no process serves
PATIENCE = 2  # s for the client's answer to the close frame of a WebSocket


def wrap(app, linked):
    """Returns the application with the adapter around it. ASGI 2 and WSGI are left alone. linked
    returns the connection of an event loop to hotswap."""
    import inspect

    if not inspect.iscoroutinefunction(app) and not inspect.iscoroutinefunction(getattr(app, '__call__', None)):
        return app

    def application(scope, receive, send, *more):
        kind = scope['type']
        if kind == 'websocket' or kind == 'http' and reconnects(scope):
            try:
                link = linked(sys.modules['asyncio'].get_running_loop())
            except Exception:  # an event loop of trio
                link = None
            if link is not None:
                return (Stream if kind == 'http' else WebSocket)(link, receive, send).run(app, scope, more)
        return app(scope, receive, send, *more)

    application.app = app  # as middleware has: programs look for their application behind it
    return application


def reconnects(scope):
    """Reports whether the client of a request connects again when an event stream ends: EventSource
    wants no cached answer, or names the last event that it has got, and so do clients of MCP.
    Another client may take the end of the stream for the end of the answer."""
    if scope['method'] != 'GET':
        return False
    headers = scope['headers']
    for name, value in headers:
        if name == b'accept':
            return value.startswith(b'text/event-stream') and any(
                [
                    n in (b'last-event-id', b'mcp-session-id', b'mcp-protocol-version')
                    or n == b'cache-control'
                    and (b'no-cache' in v.lower() or b'no-store' in v.lower())
                    for n, v in headers
                ]
            )
    return False


class Gone(OSError):
    """What a server raises in send when the client has gone."""


def from_gone(error):
    """Reports whether Gone has led to an error of the application."""
    causes = [error.__context__, *getattr(error, 'exceptions', ())]
    return isinstance(error, Gone) or any([from_gone(e) for e in causes if e is not None])


class Connection:
    patience = None  # s for the last message
    events = False  # the answer is an event stream that may end at any event

    def __init__(self, link, receive, send):
        self.link, self.receive_next, self.send_on = link, receive, send
        self.sending = 0  # messages that the server has not taken yet
        # Where no process follows, a client that comes back at once would come back here, again and again.
        self.complete = bool(link.order) and link.order['code'] == GOING_AWAY  # the adapter has nothing to end
        self.order = None  # of hotswap, by which the adapter ends it
        self.ended = None  # when the adapter began to end it, in the loop's time
        self.ending = None  # the task that ends it
        self.gone = False  # the application may hear of the end
        self.heard = False  # the application has heard of the end
        self.waiting = set()  # tasks of the application that wait for a message

    async def run(self, app, scope, more):
        self.link.followed.add(self)
        try:
            await app(scope, self.receive, self.send, *more)
        except Exception as e:
            if not from_gone(e):
                raise
        finally:
            self.link.followed.discard(self)
        if self.ending is not None:  # the server must not end the connection before
            import asyncio

            await asyncio.wait({self.ending}, timeout=PATIENCE)

    async def receive(self):
        import asyncio

        task = asyncio.current_task()
        cancelled = task.cancelling() if hasattr(task, 'cancelling') else 0
        if not self.gone:
            self.waiting.add(task)
            try:
                message = await self.receive_next()
                self.heard = message['type'].endswith('.disconnect')
                return self.disconnect() if self.heard and self.order else message
            except asyncio.CancelledError:
                if not self.gone or hasattr(task, 'uncancel') and task.uncancel() > cancelled:
                    raise  # somebody else has canceled the task
            finally:
                self.waiting.discard(task)
        self.heard = True
        return self.disconnect()

    async def send(self, message):
        if self.order is not None:
            return await self.send_late()
        try:
            message = self.note(message)
        except Exception:  # the server says what is wrong with the message
            self.complete = True
        self.sending += 1
        try:
            await self.send_on(message)
        finally:
            self.sending -= 1
        self.leave()

    async def send_late(self):
        """Drops what the application sends after the end. An application that does not listen waits,
        and gets an error, so that an endless loop ends."""
        import asyncio

        left = self.ended + GRACE - self.link.loop.time()
        await asyncio.sleep(0 if self.heard else max(left, 0))
        if self.link.loop.time() >= self.ended + GRACE:
            raise Gone('the client has gone')

    def leave(self):
        """Ends the connection if hotswap has said so and nothing is half sent."""
        if self.link.order and not (self.order or self.complete or self.heard or self.sending) and self.may_end():
            self.order, self.ended = self.link.order, self.link.loop.time()
            self.ending = self.link.loop.create_task(self.end())

    async def end(self):
        import asyncio

        try:
            await asyncio.wait_for(self.send_on(self.last()), self.patience)
        except Exception:  # the client has gone
            pass
        finally:
            self.gone = True
            for task in self.waiting:
                task.cancel()


class Stream(Connection):
    """A request whose answer may be an event stream. An empty line ends each event."""

    tail = b''  # the last bytes that were sent

    def note(self, message):
        if message['type'] == 'http.response.start':
            message = dict(message, headers=list(message.get('headers', ())))
            headers = {name.lower(): value for name, value in message['headers']}
            self.events = (
                headers.get(b'content-type', b'').lower().startswith(b'text/event-stream')
                and not message.get('trailers')
                and b'content-encoding' not in headers
                and b'content-length' not in headers
            )
        elif message['type'] == 'http.response.body':
            self.tail = (self.tail + bytes(message.get('body', b'')[-4:]))[-4:]
            self.complete = self.complete or not message.get('more_body', False)
        else:
            self.events = False  # an extension of the protocol
        return message

    def may_end(self):
        return self.events and (
            not self.tail or self.tail.replace(b'\r\n', b'\n').replace(b'\r', b'\n').endswith(b'\n\n')
        )

    def last(self):
        return {'type': 'http.response.body', 'body': b'', 'more_body': False}

    def disconnect(self):
        return {'type': 'http.disconnect'}


class WebSocket(Connection):
    patience = PATIENCE
    accepted = False

    def note(self, message):
        self.accepted = self.accepted or message['type'] == 'websocket.accept'
        self.complete = self.complete or message['type'] == 'websocket.close'
        return message

    def may_end(self):
        return self.accepted

    def last(self):
        return {'type': 'websocket.close', 'code': self.order['code'], 'reason': self.order['reason']}

    def disconnect(self):
        return dict(self.last(), type='websocket.disconnect')
