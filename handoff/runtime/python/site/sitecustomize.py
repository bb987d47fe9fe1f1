# Python imports a module of this name when everything is ready but the program, and finds
# this one because hotswap has put its folder into PYTHONPATH. Nothing of that is left
# afterwards, and the sitecustomize that it hides is imported. Python 2 reads it, too.
import sys


def begin():
    import os

    here = os.path.dirname(__file__)
    env = os.environ
    folder, hold = env.get('HOTSWAP_PYTHON'), env.get('HOTSWAP_PYTHON_HOLD')
    tool = os.path.basename((getattr(sys, 'argv', None) or [''])[0]) in (
        'poetry',
        'pipenv',
        'pdm',
        'hatch',
        'dotenv',
        'honcho',
    )
    if here in sys.path:
        at = sys.path.index(here)
        sys.path[at : at + 1] = [] if tool else vanish(env, here)
    sys.path_importer_cache.pop(here, None)
    if tool or sys.version_info < (3, 8) or folder is None:
        return  # a tool becomes the program, or starts it

    def load(name):
        kept, sys.dont_write_bytecode = sys.dont_write_bytecode, False  # or each start would compile this anew
        try:
            code = type(__loader__)(name, os.path.join(here, name + '.py')).get_code(name)
        finally:
            sys.dont_write_bytecode = kept
        space = {'__name__': 'hotswap.' + name, 'load': load}
        exec(code, space)
        return space

    argv = [str(a) for a in getattr(sys, 'orig_argv', sys.argv)]
    table, began = {}, list(sys.modules)

    def hook(event, args, get=table.get):
        act = get(event)
        if act is not None:
            act(event, args)

    # PEP 578: it cannot be seen, traced or removed from within, so what it does is in a table that can be emptied.
    sys.addaudithook(hook)

    def follow():
        """Comes before the first code of the project."""
        if 'HOTSWAP_WIRE' in env:  # stays, because workers and Node processes need it
            load('asgi')['install'](type(__loader__))
        import time

        load('bytecode')['install'](type(__loader__), time.time, load('report')['report'](folder, argv, began, table))

    followed = False
    if hold:
        try:
            followed = load('hold')['hold'](hold, argv, table, follow)
        except BaseException:
            os.kill(os.getpid(), 9)  # or the program would run early
    if not followed:
        follow()


def vanish(env, here):
    """Restores the environment. PYTHONPATH is unset if nothing else is in it. Returns what
    replaces hotswap's folder in sys.path."""
    was = env.get('PYTHONPATH', '')
    now = was.replace(here + ':', '', 1) if here + ':' in was else was.replace(here, '', 1)
    for key in ('HOTSWAP_PYTHON', 'HOTSWAP_PYTHON_HOLD'):
        env.pop(key, None)
    if was == here:
        del env['PYTHONPATH']
        return []
    env['PYTHONPATH'] = now
    # PYTHONPATH=src:$PYTHONPATH, where that is unset, means the working directory.
    import os

    return [os.getcwd()] if was.split(':')[-1] == here and now.endswith(':') else []


begin()
del begin, vanish, sys.modules['sitecustomize']
import sitecustomize  # noqa: the next one, or the ImportError that site expects
