"""The answers of /hold and /stream wait until somebody asks for /open."""
import asyncio

waiting = []
opened = False  # before anybody waited


async def wait():
    global opened
    if not opened:
        waiting.append(asyncio.Event())
        await waiting[-1].wait()
    opened = False


async def app(scope, receive, send):
    global opened
    if scope['type'] != 'http':
        return
    await receive()
    path, streams = scope['path'], scope['path'] == '/stream'
    if path == '/open':
        opened = not waiting
        while waiting:
            waiting.pop().set()
    if path == '/hold':
        await wait()
    headers = (b'content-type', b'text/event-stream') if streams else (b'content-length', b'%d' % len(path))
    await send({'type': 'http.response.start', 'status': 200, 'headers': [headers]})
    if streams:
        await send({'type': 'http.response.body', 'body': b'data: 1\n\n', 'more_body': True})
        left = asyncio.ensure_future(receive())
        await asyncio.wait([asyncio.ensure_future(wait()), left], return_when=asyncio.FIRST_COMPLETED)
        path = 'data: 2\n\n'
    await send({'type': 'http.response.body', 'body': path.encode()})
