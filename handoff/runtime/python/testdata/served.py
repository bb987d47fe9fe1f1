"""An application whose answers wait until another request of the same process lets them go on."""
import asyncio
import os
import sys
import time

sys.platform = os.environ.get('PLATFORM', sys.platform)
gates = {}


async def app(scope, receive, send):
    if scope['type'] == 'lifespan':
        for kind in 'startup', 'shutdown':
            await receive()
            await send({'type': 'lifespan.%s.complete' % kind})
        return
    path, gate = scope['path'], gates.setdefault(scope['query_string'], asyncio.Event())
    if scope['type'] == 'websocket':
        await receive()
        await send({'type': 'websocket.accept'})
        while (await receive())['type'] != 'websocket.disconnect':
            pass
        return

    async def answer(status, text, kind=b'text/plain'):
        await send({'type': 'http.response.start', 'status': status, 'headers': [(b'content-length', b'%d' % len(text)), (b'content-type', kind)]})
        await send({'type': 'http.response.body', 'body': text})
    if path == '/early':
        return await answer(401, b'early')
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get('body', b'')), message.get('more_body')
    if path == '/open':
        gate.set()
    elif path == '/stall':  # an hour passes as soon as the next connection has been accepted
        loop, now = asyncio.get_running_loop(), time.time
        accept = loop.connect_accepted_socket

        async def stalled(*given):
            accepted = await accept(*given)
            time.time = lambda: now() + 3600
            return accepted
        loop.connect_accepted_socket = stalled
    elif path == '/hold':
        await gate.wait()
    elif path == '/large':
        return await answer(200, b'x' * (1 << 24))
    elif path == '/stream':
        await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'content-type', b'text/event-stream')]})
        await send({'type': 'http.response.body', 'body': b'data: 1\n\n', 'more_body': True})
        waiting = [asyncio.ensure_future(gate.wait()), asyncio.ensure_future(receive())]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        return await send({'type': 'http.response.body', 'body': b'data: 2\n\n'}) if gate.is_set() else None
    await answer(200, ('%s %s %d of %s' % (scope['method'], path, size, (scope['client'] or ['unix'])[-1])).encode())
