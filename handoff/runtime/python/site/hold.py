# In a standby, the process that would run the program waits right before it, with the
# packages loaded, and the files of --standby-run. A rehearsal ends there. handoff/runtime/standby has the protocol.
# Descriptors are open for the moment only. An error ends the process, because Python would
# go on to the program.
import posix
import sys


def read(path):
    """Lists, each with its length before, of items of any bytes but NUL (handoff/runtime/reports)."""
    fd = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    try:
        parts = []
        while not parts or parts[-1]:
            parts.append(posix.read(fd, 1 << 20))
    finally:
        posix.close(fd)
    items, lists, at = b''.join(parts).split(b'\0'), [], 0
    while at < len(items) - 1:
        end = at + 1 + int(items[at])
        lists.append(
            [i.decode(sys.getfilesystemencoding(), sys.getfilesystemencodeerrors()) for i in items[at + 1 : end]]
        )
        at = end
    plan = dict(
        zip(('argv', 'dir', 'load', 'known', 'barred', 'sites', 'roots', 'env', 'flags', 'run', 'folders'), lists)
    )
    plan['dir'], plan['known'] = plan['dir'][0], dict(zip(plan['known'][::2], plan['known'][1::2]))
    return plan


def hold(folder, argv, table, follow):
    """Returns whether it has called follow."""
    quote = load('report')['quote']

    def die():
        posix.kill(posix.getpid(), 9)

    def opened(pipe, flags, use):
        try:
            fd = posix.open(folder + '/' + pipe, flags | posix.O_CLOEXEC)
            try:
                return use(fd)
            finally:
                posix.close(fd)
        except OSError:
            die()

    def say(kind, **what):
        if released():
            return 0
        fields = ['"%s":%s' % (k, quote(str(v))) for k, v in what.items()]
        line = ('{' + ','.join(['"type":"%s"' % kind] + fields) + '}\n').encode()
        return opened('up', posix.O_WRONLY, lambda fd: posix.write(fd, line))

    def released():
        return posix.access(folder + '/go', posix.F_OK)

    def wait():
        """Waits. Nothing of the process runs meanwhile, and no signal handler."""
        if released():
            return
        import _signal

        handler = _signal.getsignal(_signal.SIGINT)
        if callable(handler):
            _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
        if opened('down', posix.O_RDONLY, lambda fd: posix.read(fd, 1)) != b'\0' or not released():
            die()  # hotswap has gone
        if callable(handler):
            _signal.signal(_signal.SIGINT, handler)

    if released():
        return
    plan = read(folder + '/plan')
    if argv != plan['argv'] or posix.getcwd() != plan['dir']:
        say('foreign', what=' '.join(argv[:3]))
        return wait()
    if 'rehearse' in plan['flags']:
        load('rehearse')['rehearse'](plan, say, table, load)
        say('ready')
        wait()
        die()
    load('preload')['preload'](plan, say, released, load)
    if plan['run']:
        run = load('run')['run']
        follow()
        why = run(plan, say, table)
        if why:
            say('fails', what='--standby-run: ' + why)
            die()
    say('ready')
    wait()
    return plan['run']
