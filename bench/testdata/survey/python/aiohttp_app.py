import os

from aiohttp import web


async def ping(request):
    return web.json_response({"pong": True, "version": int(os.environ["HOTSWAP_GENERATION"]), "pid": os.getpid()})


app = web.Application()
app.router.add_get("/ping", ping)
web.run_app(app, host="127.0.0.1", port=int(os.environ["PORT"]), print=None)
