# What all code of a process shares. If a package changes some of it while it is loaded, it
# matters whether the program does so before or after.
import _locale
import _signal
import builtins
import faulthandler
import gc
import posix
import sys
import warnings


field = load('report')['field']


def written():
    """How many bytes the process has written, proc_pid_io(5); 0 if unknown."""
    return int(field('io', lambda text: text.split(b'wchar:')[1].split()[0]) or 0)


def umask():
    was = posix.umask(0o77)
    posix.umask(was)
    return was


def watch(filters):
    """Returns a function for the present state. filters: those of warnings matter."""
    began = list(warnings.filters)
    signals = [n for n in range(1, _signal.NSIG) if n not in (32, 33)]

    def of(module, ask, unloaded=None):
        """The state of a module. unloaded is the state that it begins with, None if unknown."""
        m = sys.modules.get(module)
        try:
            return unloaded if m is None else ask(m)
        except AttributeError:
            return unloaded  # it is being loaded

    def logging(m):
        loggers = m.root.manager.loggerDict
        return [
            list(m.root.handlers),
            list(m.root.filters),
            m.root.level,
            m.root.manager.disable,
            m._loggerClass is m.Logger,
            m.root.manager.loggerClass,
            m._logRecordFactory is m.LogRecord,
            [n for n in loggers if getattr(loggers[n], 'disabled', False)],
        ]

    def decimal(m):
        c = m.getcontext()
        return [c.prec, c.rounding]

    def state():
        return {
            'a descriptor': posix.listdir('/proc/self/fd'),
            'a thread': posix.listdir('/proc/self/task'),
            'the working directory': posix.getcwd(),
            'sys.path': list(sys.path),
            'the way of imports': list(sys.path_hooks),
            'a signal': [_signal.getsignal(n) for n in signals],
            'a hook': [
                sys.excepthook,
                sys.displayhook,
                sys.unraisablehook,
                sys.breakpointhook,
                builtins.__import__,
                sys.gettrace(),
                sys.getprofile(),
                of(
                    'threading',
                    lambda m: [
                        getattr(m, '_trace_hook', None),
                        getattr(m, '_profile_hook', None),
                        m.excepthook.__name__,
                    ],
                    [None, None, '_excepthook'],
                ),
            ],
            'a stream': [sys.stdin, sys.stdout, sys.stderr],
            'what is built in': list(vars(builtins)),
            'the recursion limit': sys.getrecursionlimit(),
            'the umask': umask(),
            'the garbage collector': [gc.isenabled(), gc.get_threshold(), gc.get_freeze_count(), list(gc.callbacks)],
            'the switch interval': sys.getswitchinterval(),
            'the locale': _locale.setlocale(_locale.LC_ALL),
            'faulthandler': faulthandler.is_enabled(),
            'the filters of warnings': list(warnings.filters) if filters else [f in warnings.filters for f in began],
            'how warnings are shown': warnings.showwarning,
            'logging': of('logging', logging, [[], [], 30, 0, True, None, True, []]),
            'the timeout of sockets': of('_socket', lambda m: [m.getdefaulttimeout()], [None]),
            'the context of decimal': of('decimal', decimal, [28, 'ROUND_HALF_EVEN']),
            'the way of multiprocessing': of(
                'multiprocessing.context', lambda m: [m._default_context._actual_context], [None]
            ),
            'the policy of asyncio': of('asyncio.events', lambda m: [getattr(m, '_event_loop_policy', None)], [None]),
            'random numbers': of('random', lambda m: m.getstate()),
        }

    return state
