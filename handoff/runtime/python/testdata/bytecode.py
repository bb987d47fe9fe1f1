"""Imports modules with caches of different ages, under a clock of its own, and prints what
it does not expect. Arguments: the folder of hotswap's modules, and an empty folder."""
import importlib.machinery
import importlib.util
import os
import py_compile
import sys

SITE, ROOT = sys.argv[1:]
SAVED = 1000000000  # when each source was saved
OLD, NEW = 'X = "old"\n', 'X = "new"\n'  # two saves of the same length
MODES = {'by time': None, 'by hash': py_compile.PycInvalidationMode.CHECKED_HASH, 'unchecked': py_compile.PycInvalidationMode.UNCHECKED_HASH}
clock = 0
sys.dont_write_bytecode = False

with open(SITE + '/bytecode.py') as f:
    space = {}
    exec(f.read(), space)
space['install'](importlib.machinery.SourceFileLoader, lambda: clock, lambda path, plain: None)


def put(path, text):
    with open(path, 'w') as f:
        f.write(text)
    os.utime(path, (SAVED, SAVED))


def kind(cache):
    """What a cache has: nothing, or the time or hash of its source, and of which save it is."""
    try:
        with open(cache, 'rb') as f:
            data = f.read()
    except FileNotFoundError:
        return None
    return ('by time' if data[4:8] == b'\0\0\0\0' else 'by hash' if data[4:8] == b'\3\0\0\0' else 'unchecked') + (' new' if b'new' in data else ' old')


def case(name, folder, read, cached, want, left, mode='by time'):
    """Saves a module twice. The first save gets a cache at SAVED+cached, and the second is
    imported at SAVED+read."""
    global clock
    clock = SAVED + read
    os.makedirs(os.path.join(ROOT, folder), exist_ok=True)
    path = os.path.join(ROOT, folder, 'm%d.py' % case.number)
    case.number += 1
    cache = importlib.util.cache_from_source(path)
    if cached is not None:
        put(path, OLD)
        py_compile.compile(path, cache, doraise=True, invalidation_mode=MODES[mode] or py_compile.PycInvalidationMode.TIMESTAMP)
        os.utime(cache, (SAVED + cached, SAVED + cached))
    put(path, NEW)
    spec = importlib.util.spec_from_file_location('m', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    got = module.X, kind(cache)
    if got != (want, left):
        print('%s: %s, want %s' % (name, got, (want, left)))


case.number = 0
for prefix in (None, os.path.join(ROOT, 'elsewhere')):
    sys.pycache_prefix = prefix
    case('read at once', 'project', 1.9, None, 'new', None)
    case('read before it was saved', 'project', -60, None, 'new', None)
    case('read later', 'project', 2, None, 'new', 'by time new')
    case('read at once, cached at once', 'project', 1.9, 0.5, 'new', 'by time old')
    case('cached at once', 'project', 60, 1.9, 'new', 'by time new')
    case('cached before it was saved', 'project', 60, -1, 'new', 'by time new')
    case('cached later, as Python does it', 'project', 60, 2, 'old', 'by time old')
    case('by hash', 'project', 1, 0, 'new', 'by hash new', 'by hash')
    case('unchecked', 'project', 1, 0, 'old', 'unchecked old', 'unchecked')
    for folder in ('lib/site-packages/p', 'lib/dist-packages'):
        case('a package, read at once', folder, 0, None, 'new', 'by time new')
        case('a package, cached at once', folder, 0, 0, 'old', 'by time old')
    sys.dont_write_bytecode = True
    case('nothing is written', 'project', 60, None, 'new', None)
    case('nothing is written, cached at once', 'project', 60, 0, 'new', 'by time old')
    sys.dont_write_bytecode = False
