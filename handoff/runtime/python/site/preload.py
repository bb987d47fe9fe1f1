# Loads the modules of a standby in the program's order, and notices what would matter to
# the program. Meanwhile the project's folders are not in sys.path. If the plan is proven only
# the audit hook notices, which costs no time and replaces nothing: such a standby may be
# released in the middle of a module.
import os
import posix
import sys
import time

OFTEN = 0.02  # s between two looks whether the standby is released


def preload(plan, say, released, table, load):
    if not plan['load']:
        return
    modules, known, barred = sys.modules, plan['known'], set(plan['barred'])
    sites, roots = tuple(plan['sites']), tuple(plan['sites'] + plan['roots'])
    item, busy, cached, trial = '', False, False, not plan['proven']
    report = load('report')
    name_of, file_of = report['name_of'], report['file_of']
    noticed, missing, read = set(), set(), set()
    prefix = getattr(sys, 'pycache_prefix', None)

    def top(name):
        return name.partition('.')[0]

    def culprit():
        """The package whose code runs."""
        frame = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_filename.startswith(sites):
                return top(frame.f_globals.get('__name__', ''))
            frame = frame.f_back
        return ''

    def notice(what, module=None):
        nonlocal busy
        package = module or culprit() or top(item)
        if (package, what) not in noticed and not busy:
            noticed.add((package, what))
            busy = True
            say('noticed', package=package, by=top(item), what=what)
            busy = False

    class Barred:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if top(name) in barred and not released():
                notice('needs ' + top(name), top(item))
                raise ModuleNotFoundError(name)

    class Missing:
        @staticmethod
        def find_spec(name, path=None, target=None):
            for f in sys.meta_path[sys.meta_path.index(Missing) + 1:]:  # packages add finders
                spec = f.find_spec(name, path, target)
                if spec is not None:
                    return spec
            if name in known:
                notice('needs ' + name)
            elif path is None:
                missing.add(name)

    class Main(type(sys)):
        def __getattribute__(self, name):
            if not name.startswith('__') or name in ('__file__', '__spec__', '__dict__'):
                notice('looks at __main__')
            return super().__getattribute__(name)

    class Environment(dict):
        def __getitem__(self, key):
            if os.fsdecode(key) in plan['env']:
                notice('reads ' + os.fsdecode(key))
            return dict.__getitem__(self, key)

        def __iter__(self):
            if plan['env']:
                notice('reads the environment')
            return dict.__iter__(self)

    def where(path):
        path = posix.fspath(path) if not isinstance(path, int) else ''
        path = path.decode('utf-8', 'surrogateescape') if isinstance(path, bytes) else path
        return path if path.startswith('/') or not path else plan['dir'] + '/' + path

    def is_cache(path):
        return '__pycache__' in path or prefix is not None and path.startswith(prefix)

    def opens(event, args):
        nonlocal cached
        path, writes = where(args[0]), (args[2] or 0) & (posix.O_WRONLY | posix.O_RDWR | posix.O_CREAT)
        if busy or not path:
            return
        if is_cache(path):
            cached = cached or writes
        elif writes:
            notice('writes a file')
        elif not path.startswith(roots) or not path.endswith(('.py', '.pyc', '.so')):
            read.add(path)

    def lists(event, args):
        path = where(args[0] or '.')
        if busy or sys._getframe(2).f_code.co_filename.startswith('<frozen importlib'):
            return
        if not path.startswith(roots):
            notice('looks into a folder')
        elif plan['dists'] and path in sys.path:
            notice('looks for packages')

    def noticing(what):
        return lambda event, args: notice(what)

    def changes(event, args):
        if not is_cache(where(args[0])):
            notice('changes files')

    def binds(event, args):
        if not (isinstance(args[1], tuple) and args[1][1] == 0):
            notice('opens a socket')

    acts = {'open': opens, 'os.listdir': lists, 'os.scandir': lists, 'socket.bind': binds}
    for event in ('os.remove', 'os.rename', 'os.mkdir', 'os.rmdir', 'os.link', 'os.symlink', 'os.truncate'):
        acts[event] = changes
    for event in ('subprocess.Popen', 'os.system', 'os.posix_spawn', 'os.fork', 'os.forkpty', 'os.exec', '_posixsubprocess.fork_exec'):
        acts[event] = noticing('starts a program')
    for event in ('socket.connect', 'socket.getaddrinfo', 'socket.sendto'):
        acts[event] = noticing('opens a socket')
    acts['_thread.start_new_thread'] = noticing('starts a thread')
    acts['sys.addaudithook'] = noticing('adds an audit hook')

    everything = ('always', None, Warning, None, 0)
    if trial:
        watched = load('state')
        state, written = watched['watch'](None if plan['warns'] else everything, plan['seeds']), watched['written']

    def compare(was):
        now = state()
        for what in was:
            if was[what] is not None and was[what] != now[what]:
                notice('changes ' + what, top(item))
        return now

    main, standin, before, undo = modules['__main__'], Main('__main__'), list(sys.path), []

    def replace(thing, name, value):
        was = getattr(thing, name)
        setattr(thing, name, value)
        undo.append(lambda: setattr(thing, name, was))

    def mute(stream):
        def write(*args):
            notice('prints')
        for s in (stream, getattr(stream, 'buffer', None)):
            if s is not None:
                s.write = write
                undo.append(lambda s=s: vars(s).pop('write', None))

    def follow():
        """Notices who reads the environment."""
        was = os.environ._data
        os.environ._data = os.environb._data = Environment(was)

        def back():
            now, os.environ._data, os.environb._data = os.environ._data, was, was
            if now != was:
                was.clear()
                was.update(now)
        undo.append(back)

    def warns():
        """Notices who warns."""
        import warnings
        mutated = getattr(warnings, '_filters_mutated', None) or warnings._filters_mutated_lock_held
        warnings.filters.insert(0, everything)
        mutated()

        def back():
            warnings.filters[:] = [f for f in warnings.filters if f is not everything]
            mutated()
        undo.append(back)
        replace(warnings, '_showwarnmsg_impl', lambda message: notice('warns'))

    def finders():
        was = list(sys.meta_path)
        project = [f for f in was if name_of(f).startswith('_Editable')]  # they find modules without sys.path
        sys.meta_path[:] = [Barred] + [f for f in was if f not in project] + [Missing]

        def back():
            sys.meta_path[:] = [f for f in sys.meta_path if f is not Barred and f is not Missing]
            for f in project:
                sys.meta_path.insert(was.index(f), f)
        undo.append(back)

    def path():
        sys.path[:] = [p for p in before if p.startswith(roots)]

        def back():
            sys.path[:] = before
        undo.append(back)

    def mains():
        modules['__main__'] = standin

        def back():
            for name in [name for name in modules if modules[name] is standin]:
                modules[name] = main  # __mp_main__, too
        undo.append(back)

    try:
        path(), finders()
        if trial:
            mains(), follow(), warns(), mute(sys.stdout), mute(sys.stderr)
        was, looked = trial and state(), time.monotonic()
        for item in plan['load']:
            if time.monotonic() - looked > OFTEN:
                if released():
                    break
                looked = time.monotonic()
            if item in modules:
                continue
            size, before_noticed, wrote, cached = len(modules), len(noticed), trial and written(), False
            table.update(acts)
            try:
                __import__(item)
            except BaseException as e:
                notice('fails: %s' % type(e).__name__, top(item))
            table.clear()
            if not trial:
                continue
            if not cached and len(noticed) == before_noticed and written() != wrote:
                notice('writes', top(item))  # by a descriptor, or from a library
            was = compare(was)
            for name in list(modules)[size:]:
                if modules[name] is standin:
                    continue
                if name not in known:
                    notice('loads %s, which the program has not' % name, top(item))
                elif known[name] not in ('?', file_of(modules[name])):
                    notice('finds another %s' % name, top(item))
    finally:
        table.clear()
        while undo:
            undo.pop()()
    if trial and plan['env']:
        native(plan['env'], sites, notice, load('library')['may_read'])
    for file in read:
        try:
            file.encode()
        except UnicodeError:
            notice('reads a file whose name is not UTF-8')  # which JSON could not say
        else:
            say('read', file=file)
    for name in missing:
        say('missing', file=name)


def native(names, sites, notice, may_read):
    """Notices libraries that are able to read one of the variables."""
    files = set()
    with open('/proc/self/maps', 'rb', 0) as maps:
        for line in maps.read().splitlines():
            file = os.fsdecode(line[line.find(b'/'):])
            if file.startswith(sites):
                files.add(file)
    for file in sorted(files):
        for name in may_read(file, [os.fsencode(n) for n in names]):
            inside = [file[len(s) + 1:] for s in sites if file.startswith(s + '/')][0]
            notice('may read ' + os.fsdecode(name), inside.partition('/')[0].partition('.')[0])
