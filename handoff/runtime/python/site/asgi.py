# Changes the servers of Python, so that they empty their process when hotswap says that it drains: for uvicorn,
# hypercorn and daphne the adapter wraps the application between the server and the outermost middleware (asgi_app.py).
# Of uvicorn and of gunicorn with threads it also knows the connections (asgi_drain.py, asgi_uvicorn.py, gthread.py). An
# error of the adapter never reaches the program. Workers that multiprocessing spawns load these files again.
import os
import sys

FOLDER = (lambda: 0).__code__.co_filename.rpartition('/')[0]
SPAWNED = """try:
    import importlib.machinery as machinery
    def load(name):
        space = {'__name__': 'hotswap.' + name, 'load': load}
        exec(machinery.SourceFileLoader(name, %r + '/' + name + '.py').get_code(name), space)
        return space
    load('asgi')['install'](machinery.SourceFileLoader)
except Exception:
    pass
"""
# Now, because files that are read later count as the program's.
link, app, drain = load('asgi_link'), load('asgi_app'), load('asgi_drain')
following, threads, wrap = load('asgi_uvicorn'), load('gthread'), app['wrap']
held = load('held')['CHANGES'] if 'HOTSWAP_HELD' in os.environ else {}


def install(loader):
    """Changes the servers that have been imported, and those that this class of loaders imports later."""
    create = loader.create_module

    def create_module(self, spec):
        change = CHANGES.get(spec.name)
        if change is not None:
            run = self.exec_module

            def exec_module(module):
                run(module)
                attempt(change, module)

            self.exec_module = exec_module
        return create(self, spec)

    for name, change in CHANGES.items():
        if name in sys.modules:
            attempt(change, sys.modules[name])
    loader.create_module = create_module


def attempt(change, module):
    try:
        change(module)
    except Exception:  # another version of the server, which runs as without the adapter
        pass


def uvicorn(module):
    travel(module)
    load = module.Config.load

    def wrapped(self):
        load(self)
        self.loaded_app = wrap(self.loaded_app, link['linked'])
        self.http_protocol_class = following['followed'](self.http_protocol_class, drain['Conn'])

    module.Config.load = wrapped
    if held:
        init = module.Config.__init__

        def configured(self, *args, **options):
            init(self, *args, **options)
            if self.loop == 'auto':
                self.loop = 'asyncio'  # uvloop accepts without asking

        module.Config.__init__ = configured


def uvicorn_server(module):
    start = module.Server.startup

    async def startup(self, *args, **options):
        follows = hasattr(self.config.http_protocol_class, 'hotswap_follows')
        linked = link['linked'](sys.modules['asyncio'].get_running_loop()) if follows else None
        if linked and not linked.drain:
            linked.drain = drain['Drain'](linked)
        await start(self, *args, **options)
        if linked:
            linked.drain.started(getattr(self, 'servers', ()))

    module.Server.startup = startup


def hypercorn(module):
    serve = module.worker_serve
    if hasattr(serve, 'hotswap'):
        return

    async def worker_serve(app, *args, **options):
        followed = wrap(app, link['linked'])

        async def called(*args):  # a function, by which hypercorn 0.14 tells ASGI 3 from ASGI 2
            return await followed(*args)

        return await serve(app if followed is app else called, *args, **options)

    worker_serve.hotswap = True
    module.worker_serve = worker_serve


def daphne(module):
    init = module.Server.__init__

    def wrapped(self, application, *args, **options):
        init(self, wrap(application, link['linked']), *args, **options)

    module.Server.__init__ = wrapped
    protocol = module.WebSocketFactory.protocol
    close = protocol.serverClose

    def server_close(self, code=None):
        # Autobahn lets applications close with 1000 and private codes only.
        return self.sendCloseFrame(code=code) if code in (1001, 1012) else close(self, code)

    protocol.serverClose = server_close


def travel(module):
    """Has the configuration, which servers pass to the workers that they spawn, load the adapter there."""

    def state(self):
        context = sys.modules.get('multiprocessing.context')
        spawns = context is not None and context.get_spawning_popen() is not None
        return dict(vars(self), _hotswap=Traveller()) if spawns else vars(self)

    if '__getstate__' not in vars(module.Config):
        module.Config.__getstate__ = state


class Traveller:
    def __reduce__(self):
        return exec, (SPAWNED % FOLDER, {})


CHANGES = {
    'uvicorn.config': uvicorn,
    'uvicorn.server': uvicorn_server,
    'hypercorn.config': travel,
    'hypercorn.asyncio.run': hypercorn,
    'hypercorn.asyncio': hypercorn,
    'daphne.server': daphne,
    'gunicorn.workers.gthread': lambda module: threads['change'](module, link, app, drain),
    **held,
}
