"""aiohttp. Told to stop, it closes its WebSockets and ends its event streams in on_shutdown, as aiohttp's
documentation recommends. With the argument "silent" it does neither, and aiohttp cuts both after shutdown_timeout."""
import asyncio
import os
import sys
import weakref

from aiohttp import WSCloseCode, WSMsgType, web

import says

sockets = weakref.WeakSet()
stopping = asyncio.Event()


async def pong(request):
    await asyncio.sleep(int(request.query.get('ms', '0')) / 1000)
    return web.Response(body=says.pong(), content_type='application/json')


async def echo(request):
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    sockets.add(ws)
    async for message in ws:
        if message.type == WSMsgType.TEXT:
            await ws.send_str(says.echo(message.data))
    return ws


async def events(request):
    response = web.StreamResponse(headers={'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache'})
    await response.prepare(request)
    last = int(request.headers.get('Last-Event-ID', '0'))
    while not stopping.is_set():
        last += 1
        await response.write(says.event(last))
        try:
            await asyncio.wait_for(stopping.wait(), 0.1)
        except asyncio.TimeoutError:
            pass
    return response


async def stop(app):
    stopping.set()
    for ws in set(sockets):
        await ws.close(code=WSCloseCode.GOING_AWAY, message=b'Server shutdown')


app = web.Application()
app.add_routes([web.get('/ping', pong), web.get('/slow', pong), web.get('/ws', echo), web.get('/events', events)])
if sys.argv[1:] != ['silent']:
    app.on_shutdown.append(stop)
web.run_app(app, host='127.0.0.1', port=int(os.environ['PORT']), shutdown_timeout=0.5, print=None)
