# Loads the modules of a standby in the order in which the program has loaded them,
# and notices what would matter to the program. Nothing of the project is found
# meanwhile: its folders are out of sys.path.
import posix
import sys
import time

OFTEN = 0.02  # s between two looks whether the program may go already


def preload(plan, say, gone, table, file_of):
    modules, known, barred = sys.modules, plan['known'], set(plan['barred'])
    sites, roots = tuple(plan['sites']), tuple(plan['sites'] + plan['roots'])
    item, busy = '', False
    noticed, missed, read = set(), set(), set()

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
            if top(name) in barred:
                notice('needs ' + top(name), top(item))
                raise ModuleNotFoundError(name)

    class Missed:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name in known:
                notice('needs ' + name)
            elif path is None:
                missed.add(name)

    class Main(type(sys)):
        def __getattribute__(self, name):
            if not name.startswith('__') or name in ('__file__', '__spec__', '__dict__'):
                notice('looks at __main__')
            return super().__getattribute__(name)

    class Environment(dict):
        def __getitem__(self, key):
            if key.decode('utf-8', 'replace') in plan['env']:
                notice('reads ' + key.decode('utf-8', 'replace'))
            return dict.__getitem__(self, key)

        def __iter__(self):
            if plan['env']:
                notice('reads the environment')
            return dict.__iter__(self)

    def where(path):
        path = posix.fspath(path) if not isinstance(path, int) else ''
        path = path.decode('utf-8', 'surrogateescape') if isinstance(path, bytes) else path
        return path if path.startswith('/') or not path else plan['dir'] + '/' + path

    def opens(event, args):
        path = where(args[0])
        if busy or '/__pycache__/' in path or not path:
            return
        if (args[2] or 0) & (posix.O_WRONLY | posix.O_RDWR | posix.O_CREAT):
            notice('writes a file')
        elif not path.startswith(roots) or not path.endswith(('.py', '.pyc', '.so')):
            read.add(path)

    def lists(event, args):
        if not busy and not where(args[0] or '.').startswith(roots):
            notice('looks into a folder')

    def deed(what):
        return lambda event, args: notice(what)

    def changes(event, args):
        if '__pycache__' not in where(args[0]):
            notice('changes files')

    def binds(event, args):
        if not (isinstance(args[1], tuple) and args[1][1] == 0):
            notice('opens a socket')

    acts = {'open': opens, 'os.listdir': lists, 'os.scandir': lists, 'socket.bind': binds}
    for event in ('os.remove', 'os.rename', 'os.mkdir', 'os.rmdir', 'os.link', 'os.symlink', 'os.truncate'):
        acts[event] = changes
    for event in ('subprocess.Popen', 'os.system', 'os.posix_spawn', 'os.fork', 'os.forkpty', 'os.exec', '_posixsubprocess.fork_exec'):
        acts[event] = deed('starts a program')
    for event in ('socket.connect', 'socket.getaddrinfo', 'socket.sendto'):
        acts[event] = deed('opens a socket')
    acts['_thread.start_new_thread'] = deed('starts a thread')
    acts['sys.addaudithook'] = deed('adds an audit hook')

    # What may not be another when a package is loaded.
    import _signal
    import builtins
    import os
    signals = range(1, _signal.NSIG)

    def state():
        return {
            'a descriptor': posix.listdir('/proc/self/fd'), 'a thread': posix.listdir('/proc/self/task'),
            'the working directory': posix.getcwd(), 'sys.path': list(sys.path), 'the way of imports': list(sys.path_hooks),
            'a signal': [_signal.getsignal(n) for n in signals if n not in (32, 33)],
            'a hook': [sys.excepthook, sys.displayhook, sys.unraisablehook, builtins.__import__, sys.gettrace(), sys.getprofile()],
            'a stream': [sys.stdin, sys.stdout, sys.stderr], 'what is built in': list(vars(builtins)),
            'the environment': dict(os.environ._data), 'the recursion limit': sys.getrecursionlimit(),
        }

    def compare(was):
        now = state()
        for what in was:
            if was[what] != now[what]:
                notice('changes ' + what, top(item))
        return now

    def mute(stream):
        def write(*args):
            notice('prints')
        for s in (stream, getattr(stream, 'buffer', None)):
            if s is not None:
                s.write = write

    def unmute(stream):
        for s in (stream, getattr(stream, 'buffer', None)):
            if s is not None:
                del s.write

    import warnings
    everything = ('always', None, Warning, None, 0)
    show = warnings._showwarnmsg_impl
    mutated = getattr(warnings, '_filters_mutated', None) or warnings._filters_mutated_lock_held

    def warned(message):
        notice('warns')
    path, main, environ = list(sys.path), modules['__main__'], os.environ._data
    if plan['load']:
        before = sys.path[:] = [p for p in path if p.startswith(roots)]
        sys.meta_path.insert(0, Barred)
        sys.meta_path.append(Missed)
        standin = modules['__main__'] = Main('__main__')
        os.environ._data = Environment(environ)
        warnings._showwarnmsg_impl = warned
        warnings.filters.insert(0, everything)
        mutated()
        mute(sys.stdout), mute(sys.stderr)
        was, looked = state(), time.monotonic()
        table.update(acts)
        for item in plan['load']:
            if time.monotonic() - looked > OFTEN:
                if gone():
                    break
                looked = time.monotonic()
            if item not in modules:
                size = len(modules)
                try:
                    __import__(item)
                except BaseException as e:
                    notice('fails: %s' % type(e).__name__, top(item))
                table.clear()
                was = compare(was)
                for name in list(modules)[size:]:
                    if modules[name] is standin:
                        continue  # __mp_main__
                    if name not in known:
                        notice('loads %s, which the program has not' % name, top(item))
                    elif known[name] not in ('?', file_of(modules[name])):
                        notice('finds another %s' % name, top(item))
                table.update(acts)
        table.clear()
        unmute(sys.stdout), unmute(sys.stderr)
        warnings.filters.remove(everything)
        mutated()
        warnings._showwarnmsg_impl = show
        data, os.environ._data = os.environ._data, environ
        if data != environ:
            environ.clear()
            environ.update(data)
        for name in [name for name in modules if modules[name] is standin]:
            modules[name] = main
        sys.meta_path.remove(Barred)
        sys.meta_path.remove(Missed)
        sys.path[:] = path
        if plan['env']:
            native(plan['env'], sites, notice)
    for file in read:
        say('read', file=file)
    for name in missed:
        say('missed', file=name)
    say('ready')


def native(names, sites, notice):
    """Notices libraries that are able to read one of the variables."""
    files = set()
    for line in slurp('/proc/self/maps').decode('utf-8', 'surrogateescape').splitlines():
        file = line[line.find('/'):]
        if file.startswith(sites):
            files.add(file)
    for file in files:
        text = slurp(file)
        for name in names:
            if name.encode() + b'\0' in text:
                inside = [file[len(s) + 1:] for s in sites if file.startswith(s + '/')][0]
                notice('may read ' + name, inside.partition('/')[0].partition('.')[0])


def slurp(file):
    fd = posix.open(file, posix.O_RDONLY | posix.O_CLOEXEC)
    try:
        parts = []
        while True:
            part = posix.read(fd, 1 << 20)
            if not part:
                return b''.join(parts)
            parts.append(part)
    finally:
        posix.close(fd)
