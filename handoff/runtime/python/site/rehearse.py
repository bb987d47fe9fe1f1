# Loads the modules of a rehearsal, and tells what each of them does meanwhile. The process is
# thrown away, so nothing is restored. To a module belongs what happens while its own code runs,
# without the modules that it imports. What the protocol calls a package is one module here.
import builtins
import os
import posix
import sys
import warnings


def rehearse(plan, say, table, load):
    ahead, shared = load('preload'), load('state')
    barred_by, written = ahead['barred_by'], shared['written']
    modules, known, barred = sys.modules, plan['known'], set(plan['barred'])
    packages, sites, roots = set(plan['load']), tuple(plan['sites']), tuple(plan['sites'] + plan['roots'])
    file_of, may_read = load('report')['file_of'], load('library')['may_read']
    stack = [('', {})]  # modules that run, each with the state before its own changes
    noticed, facts, sets, importer, libraries = set(), {}, {}, {}, set()
    suffixes = ['', '.py'] + modules['_frozen_importlib_external'].EXTENSION_SUFFIXES
    busy, cached, native, told = True, False, False, 0

    def tell(kind, **what):
        nonlocal busy, told
        was, busy = busy, True
        told += say(kind, **what)
        busy = was

    def notice(what, package=None):
        package = package or stack[-1][0]
        if not busy and (package, what) not in noticed:
            noticed.add((package, what))
            tell('noticed', package=package, what=what)

    def fact(kind, what):
        if not busy:
            facts[kind, stack[-1][0], what] = None

    def settle():
        """What has changed since the last call, the module has done that runs."""
        nonlocal busy, was, wrote, cached, native
        before, names, busy = stack[-1][1], [], True
        now, by_now = state(), written() - told
        if native and plan['env']:
            new = mapped(sites) - libraries
            libraries.update(new)
            names = {name for file in new for name in may_read(file, [os.fsencode(n) for n in plan['env']])}
        busy = False
        for name in names:
            fact('env', os.fsdecode(name))
        if by_now != wrote and not cached:
            notice('writes')  # by a descriptor, or from a library
        for what in now:
            if was[what] is not None and was[what] != now[what]:
                before.setdefault(what, was[what])
        was, wrote, cached, native = now, by_now, False, False

    def enter(package):
        if len(stack) > 1:
            settle()
        stack.append((package, {}))
        tell('loading', package=package)
        needs(package.rpartition('.')[0])

    def leave():
        settle()
        package, before = stack.pop()
        for what in before:
            if was[what] != before[what]:
                notice('changes ' + what, package)
        if len(stack) > 1:
            tell('loading', package=stack[-1][0])

    def links():
        nonlocal native
        native = True

    def found(spec):
        """Has the loader tell when the module runs."""

        def wrap(way, name_of):
            run = getattr(spec.loader, way)

            def inside(thing):
                name = name_of(thing)
                importer.setdefault(name, stack[-1][0])
                if way == 'create_module':
                    links()
                if busy or name == stack[-1][0] or name not in packages:
                    return run(thing)
                enter(name)
                try:
                    return run(thing)
                except BaseException as e:
                    vars(e).setdefault(' package', name)
                    raise
                finally:
                    leave()

            setattr(spec.loader, way, inside)

        if (
            not isinstance(spec.loader, type)
            and spec.origin
            and 'exec_module' not in getattr(spec.loader, '__dict__', {'exec_module': 0})
        ):
            wrap('exec_module', lambda module: getattr(module.__spec__, 'name', ''))
            if spec.origin.endswith('.so'):
                wrap('create_module', lambda spec: spec.name)

    def is_barred(name):
        needs(name)  # or it asks only whether there is one
        return barred_by(name, barred) is not None

    def missed(name, path):
        if name in known:
            notice('needs ' + name)
        elif path is None:  # nothing, as long as the project has no such module
            for folder in plan['folders']:
                for suffix in suffixes:
                    reads(folder + '/' + name + suffix)

    def needs(name):
        while name and name not in packages and name not in barred:
            name = name.rpartition('.')[0]
        if name and name != stack[-1][0]:
            fact('needs', name)

    imports, bootstrap = builtins.__import__, modules['_frozen_importlib']
    gcd_import = bootstrap._gcd_import

    def import_(name, globals=None, locals=None, fromlist=(), level=0):
        if busy or type(name) is not str:
            return imports(name, globals, locals, fromlist, level)
        whole = name
        if level and globals:
            whole = bootstrap._resolve_name(name, bootstrap._calc___package__(globals), level)
        needs(whole)
        module = imports(name, globals, locals, fromlist, level)
        for part in fromlist or ():
            for part in getattr(module, '__all__', ()) if part == '*' else (part,):
                if '%s.%s' % (whole, part) in packages:
                    needs('%s.%s' % (whole, part))
        return module

    def import_module(name, package=None, level=0):
        if not busy and type(name) is str:
            needs(bootstrap._resolve_name(name, package, level) if level else name)
        return gcd_import(name, package, level)

    class Main(type(sys)):
        def __getattribute__(self, name):
            if not name.startswith('__') or name in ('__file__', '__spec__', '__dict__'):
                notice('looks at __main__')
            return super().__getattribute__(name)

    class Environment(dict):
        def __getitem__(self, key):
            name = os.fsdecode(key)
            fact('env', name if name == sayable(name) else '*')
            return dict.__getitem__(self, key)

        def __iter__(self):
            fact('env', '*')
            return dict.__iter__(self)

    began = dict(os.environ._data)

    def puts(event, args):
        if began.get(args[0]) == args[1]:
            sets.pop(args[0], None)
        elif not busy:
            sets[args[0]] = (stack[-1][0], args[1])

    def unsets(event, args):
        if args[0] in began:
            notice('removes a variable')
        sets.pop(args[0], None)

    def where(path):
        path = os.fsdecode(path) if not isinstance(path, int) else ''
        return path if path.startswith('/') or not path else plan['dir'] + '/' + path

    def is_cache(path):
        prefix = getattr(sys, 'pycache_prefix', None)
        return '__pycache__' in path or prefix is not None and path.startswith(prefix)

    stat = os.stat

    def probes(path, *args, **how):
        try:
            return stat(path, *args, **how)
        except OSError:
            reads(where(path))  # nothing, as long as there is no such file
            raise

    def reads(path):
        if (
            path
            and not path.startswith(('/proc/', '/sys/', '/dev/'))
            and not (path.startswith(roots) and path.endswith(('.py', '.pyc', '.so')))
        ):
            fact('read', path) if path == sayable(path) else notice('reads a file whose name is not UTF-8')

    def opens(event, args):
        nonlocal cached
        path, writes = where(args[0]), (args[2] or 0) & (posix.O_WRONLY | posix.O_RDWR | posix.O_CREAT)
        if busy or not path:
            return
        if is_cache(path):
            cached = cached or writes
        elif writes:
            notice('writes a file')
        else:
            reads(path)

    def lists(event, args):
        path = where(args[0] or '.')
        if busy or sys._getframe(2).f_code.co_filename.startswith('<frozen importlib'):
            return
        if path.startswith(roots):
            if 'dists' in plan['flags'] and path in sys.path:
                notice('looks for packages')
        elif path != sayable(path) or (path + '/').startswith(plan['dir'] + '/'):
            notice('looks into a folder')  # of the project: saves change it
        else:
            fact('lists', path)

    def changes(event, args):
        if not is_cache(where(args[0])):
            notice('changes files')

    def binds(event, args):
        if not (isinstance(args[1], tuple) and args[1][1] == 0):
            notice('opens a socket')

    acts = {
        'open': opens,
        'os.listdir': lists,
        'os.scandir': lists,
        'socket.bind': binds,
        'os.putenv': puts,
        'os.unsetenv': unsets,
        'ctypes.dlopen': lambda event, args: links(),
    }
    for what, events in {
        'opens a socket': 'socket.connect socket.getaddrinfo socket.sendto',
        'starts a thread': '_thread.start_new_thread',
        'adds an audit hook': 'sys.addaudithook',
        'starts a program': 'subprocess.Popen os.system os.posix_spawn os.fork os.forkpty os.exec _posixsubprocess.fork_exec',
    }.items():
        for event in events.split():
            acts[event] = lambda event, args, what=what: notice(what)
    for event in 'remove rename mkdir rmdir link symlink truncate'.split():
        acts['os.' + event] = changes

    # Nothing of this is undone.
    main = modules['__main__']
    if 'warns' in plan['flags']:  # else the filters are those that the program will have
        warnings.filters.insert(0, ('always', None, Warning, None, 0))
        (getattr(warnings, '_filters_mutated', None) or warnings._filters_mutated_lock_held)()
    warnings._showwarnmsg_impl = lambda message: notice('warns')
    for stream in (sys.stdout, sys.stderr, getattr(sys.stdout, 'buffer', None), getattr(sys.stderr, 'buffer', None)):
        if stream is not None:
            stream.write = lambda *args: notice('prints')
    ahead['guard'](plan, load, is_barred, found, missed)
    modules['__main__'] = Main('__main__')
    os.environ._data = os.environb._data = Environment(os.environ._data)
    builtins.__import__, bootstrap._gcd_import, os.stat = import_, import_module, probes
    state = shared['watch']('warns' in plan['flags'])
    was, wrote = state(), written() - told
    table.update(acts)
    for item in plan['load']:
        if item in modules:
            continue
        size = len(modules)
        enter(item)
        busy = False
        try:
            imports(item)
        except BaseException as e:
            notice('fails: %s' % type(e).__name__, vars(e).get(' package'))
        for name in list(modules)[size:]:
            if name not in known:
                notice('loads %s, which the program has not' % name, importer.get(name))
            elif known[name] not in ('?', file_of(modules[name])) and modules[name] is not modules['__main__']:
                notice('finds another %s' % name, importer.get(name))
        leave()
        busy = True
    table.clear()
    modules['__main__'] = main
    for kind, package, what in facts:
        tell(kind, package=package, **{'file' if kind in ('read', 'lists') else 'name': what})
    for name, (package, value) in sets.items():
        tell('sets', package=package, name=os.fsdecode(name), value=os.fsdecode(value))


def sayable(text):
    """What JSON can say of a text."""
    return text.encode('utf-8', 'replace').decode()


def mapped(sites):
    """The packages' libraries that the process has."""
    with open('/proc/self/maps', 'rb', 0) as maps:
        files = [os.fsdecode(line[line.find(b'/') :]) for line in maps.read().splitlines()]
    return {file for file in files if file.startswith(sites)}
