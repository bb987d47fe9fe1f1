"""Plays an ASGI server, applications and hotswap, and prints what it does not expect. Arguments: the
folder of hotswap's modules, and an empty folder."""
import asyncio
import importlib.machinery
import json
import os
import socket
import sys
from types import SimpleNamespace

SITE, ROOT = sys.argv[1:]
os.environ['HOTSWAP_WIRE'] = ROOT + '/socket'
os.mkdir(ROOT + '/uvicorn')
open(ROOT + '/uvicorn/__init__.py', 'w').close()
with open(ROOT + '/uvicorn/config.py', 'w') as f:
    f.write('class Config:\n    def load(self):\n        self.loaded_app, self.http_protocol_class = self.app, None\n')
sys.path.insert(0, ROOT)
parts = {}


def load(name):
    parts[name] = {'load': load}
    exec(importlib.machinery.SourceFileLoader(name, SITE + '/' + name + '.py').get_code(name), parts[name])
    return parts[name]


load('asgi')['install'](importlib.machinery.SourceFileLoader)
parts['asgi_app']['GRACE'] = 0.05
from uvicorn.config import Config

DRAIN = {'type': 'drain', 'websocket': {'code': 1012, 'reason': 'service restart'}}
EVENTSOURCE = [(b'accept', b'text/event-stream'), (b'cache-control', b'no-cache')]
STREAM = {'type': 'http', 'method': 'GET', 'headers': EVENTSOURCE}
WEBSOCKET = {'type': 'websocket', 'headers': []}
END = {'type': 'http.response.body', 'body': b'', 'more_body': False}
CLOSE = {'type': 'websocket.close', 'code': 1012, 'reason': 'service restart'}


def head(*headers):
    return {'type': 'http.response.start', 'status': 200, 'headers': [(b'Content-Type', b'text/event-stream; charset=utf-8'), *headers]}


def body(text, more=True):
    return {'type': 'http.response.body', 'body': text, 'more_body': more}


class Hotswap:
    """Has one connection from each event loop and process."""

    def __init__(self):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(os.environ['HOTSWAP_WIRE'])
        self.listener.listen()

    def accept(self):
        self.conn = self.listener.accept()[0]
        return json.loads(self.conn.recv(1000))

    def order(self, order):
        self.conn.send((json.dumps(order) + '\n').encode())


class Request:
    """A request whose application does what the test says."""

    def __init__(self, app, scope):
        self.queue, self.sent, self.taken = asyncio.Queue(), [], asyncio.Event()
        self.taken.set()
        self.task = asyncio.ensure_future(app(scope, self.queue.get, self.send))

    async def send(self, message):
        await self.taken.wait()
        self.sent.append(message)



async def application(scope, receive, send):
    done = asyncio.get_running_loop().create_future()
    calls.put_nowait((receive, send, done))
    await done


def expect(name, got, want):
    if got != want:
        print('%s: %s, want %s' % (name, got, want))


async def main():
    global calls
    calls = asyncio.Queue()
    hotswap, config = Hotswap(), Config()
    config.app = application
    config.load()
    app = config.loaded_app
    expect('what programs find behind it', app.app, application)
    lifespan = Request(app, {'type': 'lifespan'})
    await calls.get()
    unlinked = Request(app, STREAM)
    (await calls.get())[2].set_result(None)
    await unlinked.task
    expect('hello', hotswap.accept(), {'type': 'hello', 'version': 1, 'pid': os.getpid(), 'files': False})

    links = parts['asgi_link']['links']
    link = links[asyncio.get_running_loop()]

    # A protocol of uvicorn 0.17.4, which does not hear of the begin of a request, is left alone.
    old = type('HttpToolsProtocol', (asyncio.Protocol,), dict.fromkeys(['on_message_complete', 'on_response_complete']))
    sys.modules['uvicorn.protocols.http.httptools_impl'] = SimpleNamespace(HttpToolsProtocol=old)
    expect('of an old uvicorn', parts['asgi_uvicorn']['followed'](old, object), old)
    # Of TLS before Python 3.11, the transport ends before the protocol hears of that.
    ended = SimpleNamespace(transport=SimpleNamespace(get_write_buffer_size=lambda: None.get_write_buffer_size()))
    expect('what has ended', parts['asgi_drain']['Conn'].unsent(ended), 0)
    # The program may name the parameters of the methods that the adapter wraps.
    parts['asgi_drain']['Drain'](link)
    for server in (await link.loop.create_server(protocol_factory=asyncio.Protocol, host='127.0.0.1', port=0),
                   await link.loop.create_unix_server(protocol_factory=asyncio.Protocol, path=ROOT + '/unix')):
        server.close()

    async def begin(scope, *messages):
        request = Request(app, scope)
        receive, send, done = await calls.get()
        for message in messages:
            await send(message)
        return request, receive, send, done

    async def drained():
        hotswap.order(DRAIN)
        while link.order is None:
            await asyncio.sleep(0)

    async def resumed():
        hotswap.order({'type': 'resume'})
        while link.order is not None:
            await asyncio.sleep(0)

    # Which event streams end.
    for name, scope, start, ends in (
        ('EventSource', STREAM, head(), True),
        ('a client that names the last event', dict(STREAM, headers=[(b'last-event-id', b'7'), EVENTSOURCE[0]]), head(), True),
        ('MCP', dict(STREAM, headers=[EVENTSOURCE[0], (b'mcp-session-id', b'1')]), head(), True),
        ('fetch', dict(STREAM, headers=EVENTSOURCE[:1]), head(), False),
        ('a POST', dict(STREAM, method='POST'), head(), False),
        ('any type', dict(STREAM, headers=[(b'accept', b'*/*'), EVENTSOURCE[1]]), head(), False),
        ('compressed', STREAM, head((b'content-encoding', b'gzip')), False),
        ('with a length', STREAM, head((b'Content-Length', b'100')), False),
        ('JSON', STREAM, dict(head(), headers=[(b'content-type', b'application/json')]), False),
    ):
        request, receive, send, done = await begin(scope, start, body(b'data: 1\n\n'))
        hearing = asyncio.ensure_future(receive())
        await asyncio.sleep(0)
        await drained()
        if ends:
            expect(name + ': the application', await hearing, {'type': 'http.disconnect'})
            expect(name + ': again', await receive(), {'type': 'http.disconnect'})
            await send(body(b'late'))
        expect(name, request.sent[2:], [END] if ends else [])
        hearing.cancel()
        done.set_result(None)
        await request.task
        await resumed()

    # A stream ends between two events, and not while the server is taking a message.
    request, receive, send, done = await begin(STREAM, head(), body(b'data: 1'))
    await drained()
    await send(body(b'\r\n'))
    expect('half an event', len(request.sent), 3)
    request.taken.clear()
    sending = asyncio.ensure_future(send(body(b'\r\n')))
    await asyncio.sleep(0)
    link.followed.copy().pop().leave()
    request.taken.set()
    await sending
    expect('after it', (await receive(), request.sent[3:]), ({'type': 'http.disconnect'}, [body(b'\r\n'), END]))
    done.set_result(None)
    await request.task

    # Of those that begin in a drain, too, but not of those that have ended by themselves.
    request, receive, send, done = await begin(STREAM, head())
    expect('begun in a drain', (await receive(), request.sent[1:]), ({'type': 'http.disconnect'}, [END]))
    # An application that does not listen gets an error, which the server does not.
    error = None
    while error is None:
        try:
            await send(body(b'data: 2\n\n'))
        except OSError as e:
            error = e
    done.set_exception(error)
    await request.task
    await resumed()
    request, receive, send, done = await begin(STREAM, head(), body(b'', False))
    await drained()
    done.set_exception(ValueError())
    expect('of the application', (type((await asyncio.gather(request.task, return_exceptions=True))[0]), len(request.sent)), (ValueError, 2))

    # A WebSocket ends when it is open. Who else cancels the application is not mistaken for the end.
    request, receive, send, done = await begin(WEBSOCKET)
    await asyncio.sleep(0)
    expect('before it is accepted', request.sent, [])
    hearing = asyncio.ensure_future(receive())
    await asyncio.sleep(0)
    hearing.cancel()
    expect('canceled', type((await asyncio.gather(hearing, return_exceptions=True))[0]), asyncio.CancelledError)
    request.queue.put_nowait({'type': 'websocket.connect'})
    expect('a message', await receive(), {'type': 'websocket.connect'})
    await send({'type': 'websocket.accept'})
    expect('WebSocket', (await receive(), request.sent[1:]), (dict(CLOSE, type='websocket.disconnect'), [CLOSE]))
    done.set_result(None)
    await request.task

    # A client that comes back where no process follows is not sent away again.
    await resumed()
    hotswap.order({'type': 'drain', 'websocket': {'code': 1001, 'reason': 'going away'}})
    while link.order is None:
        await asyncio.sleep(0)
    request, receive, send, done = await begin(STREAM, head())
    await asyncio.sleep(0)
    expect('going away', len(request.sent), 1)
    done.set_result(None)
    await request.task

    # A forked process has a connection of its own. Without hotswap nothing ends.
    link.pid = 0
    request, receive, send, done = await begin(WEBSOCKET, {'type': 'websocket.accept'})
    hotswap.accept()
    link, forking = links[link.loop], link
    request.taken.clear()
    await drained()
    request.queue.put_nowait({'type': 'websocket.disconnect', 'code': 1006})  # the server is faster
    expect('a process of its own', (await receive())['code'], 1012)
    request.taken.set()
    hotswap.conn.close()
    while link.order:
        await asyncio.sleep(0)
    request, receive, send, done = await begin(STREAM, head(), body(b'data: 1\n\n'))
    await asyncio.sleep(0)
    expect('without hotswap', len(request.sent), 2)
    expect('lifespan', lifespan.sent, [])
    # The link of a loop ends with the loop.
    loop = asyncio.new_event_loop()
    parts['asgi_link']['linked'](loop)
    loop.close()
    hotswap.accept()
    hotswap.conn.setblocking(False)
    expect('a loop that has ended', hotswap.conn.recv(1), b'')
    os._exit(0)

asyncio.run(main())
