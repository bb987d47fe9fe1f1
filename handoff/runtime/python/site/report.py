# Reports what the program has loaded. Lines of JSON are appended to a file of the process
# when it makes or binds a socket, because a server has loaded what it needs then, and
# after each so many modules. Code of the project that is read, as modules or as text, is
# reported before it is read, also by processes that were forked, each of which has a file of
# its own. No descriptor stays open, and no thread or signal is needed.
import posix
import sys

FLAGS = posix.O_WRONLY | posix.O_CREAT | posix.O_APPEND | posix.O_CLOEXEC
MANY = 64  # modules
NAMES = 256  # of variables that the program changes
SETTINGS = 64  # times that sys.path or the finders change
MORE = '{"more":"the program changes variables or sys.path more often than is followed"}\n'  # nothing is loaded ahead
CODE = '.py', '.js', '.mjs', '.cjs', '.jsx', '.ts', '.mts', '.cts', '.tsx'  # that runtimes load by themselves
HARMLESS = 'uname', 'ldconfig'  # platform and ctypes.util run these; they read nothing of the project
ROOM = 8 << 20  # bytes: the limit for a program that imports new modules for each request


def quote(text):
    text = text.encode('utf-8', 'replace').decode()
    return '"' + ''.join(['\\u%04x' % ord(c) if c < ' ' or c in '"\\\x7f' else c for c in text]) + '"'


def raw(text):
    """Encodes any bytes (handoff/runtime/reports), because names of files need not be UTF-8."""
    if type(text) is not bytes:
        try:
            text = str(text).encode(sys.getfilesystemencoding(), sys.getfilesystemencodeerrors())
        except UnicodeError:
            text = str(text).encode('ascii', 'backslashreplace')
    return quote(text.decode('latin-1'))


def raws(texts):
    return '[' + ','.join([raw(t) for t in texts]) + ']'


def file_of(module):
    """The file of a module. Some modules are objects whose attributes run code."""
    if type(module) is not type(sys):
        return '?'
    spec = module.__dict__.get('__spec__')
    origin = getattr(spec, '__dict__', {}).get('origin')
    if spec is None:
        origin = module.__dict__.get('__file__')  # of the program
    return origin if type(origin) is str and (spec is None or '/' in origin) else ''


def field(name, part):
    """A part of a file of proc(5), as text; None: it is not there."""
    try:
        fd = posix.open('/proc/self/' + name, posix.O_RDONLY | posix.O_CLOEXEC)
        try:
            return part(posix.read(fd, 4096)).decode()
        finally:
            posix.close(fd)
    except (OSError, IndexError):
        return None


def faults():
    """The minor faults of children that were waited for, by proc_pid_stat(5): some, if there were any."""
    return field('stat', lambda text: text.rpartition(b')')[2].split()[8]) or '?'


def name_of(hook):
    return hook.__name__ if isinstance(hook, type) else type(hook).__name__


def report(folder, argv, began, table):
    pid, modules = posix.getpid(), sys.modules
    path = folder + '/python-' + str(pid)
    known, path_hooks, imported = set(), len(sys.path_hooks), modules['builtins'].__import__
    head = '{"python":%s,"argv":%s,"dir":%s,"lib":%s,"began":%s}\n' % (
        quote(sys.version),
        raws(argv),
        raw(posix.getcwd()),
        raw(modules['os'].__file__),
        raws(began),
    )
    waited = faults()  # as reported
    head += '{"faults":%s}\n' % quote(waited)
    size, imports, begun, seen = 0, 0, head, set()
    ran = ''  # 'harmless': such a program runs; 'other': another one has begun, which may end at any time
    settings, changes, values, room = '', 0, {}, ROOM  # what was reported; or the file would grow for life

    def write(text):
        nonlocal head, room
        room -= len(text)
        if room < 0:
            text = MORE
            table.clear()
        try:
            fd = posix.open(path, FLAGS, 0o600)
            try:
                posix.write(fd, (head + text).encode())
                head = ''
            finally:
                posix.close(fd)
        except (FileNotFoundError, PermissionError):
            table.clear()  # hotswap has gone, or the process is another user's, of which hotswap knows
        except OSError:
            head += text  # comes with the next report: the process has no descriptor left

    def read(file, plain=False):
        """Is called with the path of code before it is read. plain says that Python itself compiles it."""
        if head or (file, plain) not in seen:
            seen.add((file, plain))
            try:
                write(
                    '{"read":%s,"plain":%d}\n' % (raw(file if file[:1] == '/' else posix.getcwd() + '/' + file), plain)
                )
            except OSError:
                write(MORE)  # the working directory has gone

    def opened(event, args):
        file = modules['os'].fsdecode(args[0]) if type(args[0]) is bytes else args[0]
        if (
            type(file) is str
            and file.endswith(CODE)
            and '/site-packages/' not in file
            and '/dist-packages/' not in file
            and '/node_modules/' not in file
        ):
            read(file, event == 'cpython.run_file')

    def runs(event, args):
        nonlocal ran
        ended()
        if ran != 'other':
            name = str(args[0]).rpartition('/')[2] if event == 'subprocess.Popen' else ''
            ran = 'harmless' if name in HARMLESS and faults() == waited else 'other'

    def ended():
        """Reports that a harmless program has ended. No other has begun that could have ended, too."""
        nonlocal ran, waited
        if ran == 'harmless' and posix.getpid() == pid and faults() != waited:
            ran, waited = '', faults()
            write('{"faults":%s}\n' % quote(waited))

    def forked():
        nonlocal path, head
        path, head = folder + '/python-' + str(posix.getpid()), begun
        write('{"faults":"0"}\n')
        if (
            getattr(getattr(sys._getframe().f_back, 'f_code', None), 'co_name', '') == '_execute_child'
        ):  # of subprocess, for its preexec_fn: another program follows
            more('subprocess', ())
        try:
            for file in posix.listdir(folder):
                try:
                    file.startswith('python-') and posix.kill(int(file[7:]), 0)
                except ProcessLookupError:
                    posix.unlink(folder + '/' + file)  # or a program that forks for each task fills the folder
                except PermissionError:
                    pass
        except OSError:  # another child was faster, or hotswap has gone
            pass

    def look(event, args):
        nonlocal size, settings, changes
        ended()
        if len(modules) == size and not head or posix.getpid() != pid:
            return
        size = len(modules)
        lines = []
        for name, module in list(modules.items()):
            if type(name) is str and name not in known:
                file = file_of(module)
                if file or name != '__main__':  # __main__ is there before it runs
                    known.add(name)
                    lines.append('{"module":%s,"file":%s}\n' % (raw(name), raw(file)))
        finders = [name_of(f) for f in sys.meta_path]
        if len(sys.path_hooks) != path_hooks:
            finders.append('path_hooks')
        if modules['builtins'].__import__ is not imported:
            finders.append('__import__')
        was, settings = settings, '{"path":%s,"finders":%s}\n' % (raws(sys.path), raws(finders))
        if settings != was and changes < SETTINGS:
            changes += 1
            lines.append(settings if changes < SETTINGS else MORE)
        if head or lines:
            write(''.join(lines))

    def count(event, args):
        nonlocal imports
        ended()
        if args[0] == '_interpqueues':  # Python 3.13 hides that it makes an interpreter
            return more(args[0], args)
        imports += 1
        if imports % MANY == 0:
            look(event, args)

    def changed(event, args):
        if posix.getpid() != pid:
            return
        if event == 'os.chdir':
            # Where stat fails, the program's own call does, but for an old directory that may not be searched.
            if not (
                posix.access('.', posix.X_OK) and modules['os'].path.samestat(posix.stat(args[0]), posix.stat('.'))
            ):
                table.pop(event, None)
                write('{"changed":""}\n')
        elif args[0] not in values and len(values) == NAMES:
            table.pop('os.putenv', None), table.pop('os.unsetenv', None)
            write(MORE)
        elif args[0] not in values or values[args[0]] not in (None,) + args[1:]:
            # null: it is unset, or has had several values
            values[args[0]] = args[1] if len(args) > 1 and args[0] not in values else None
            write(
                '{"changed":%s,"value":%s}\n'
                % (raw(args[0]), 'null' if values[args[0]] is None else raw(values[args[0]]))
            )

    def more(event, args):
        # Another interpreter, and what takes the place of this one, report nothing; the program's own hook would see the report.
        write('{"more":"the program uses %s"}\n' % event)
        table.clear()

    table.clear()
    table.update(
        {
            'socket.bind': look,
            'socket.__new__': look,
            'import': count,
            'os.putenv': changed,
            'os.unsetenv': changed,
            'os.chdir': changed,
            'sys.addaudithook': more,
            'open': opened,
            'cpython.run_file': opened,
            'cpython.PyInterpreterState_New': more,
            'os.exec': more,
            'subprocess.Popen': runs,
            'os.fork': runs,
            'os.forkpty': runs,
            'os.posix_spawn': runs,
            'os.system': runs,
        }
    )
    modules['os'].register_at_fork(after_in_child=forked)
    return read
