# Loads the modules of a standby, in the program's order. Rehearsals have shown that they do
# nothing that the program would notice. So this notices only that a module fails, or needs
# a module of the project or one that must not be loaded.
import sys
import time

OFTEN = 0.02  # s between two looks whether the standby is released


def barred_by(name, barred):
    """What bars a module: itself, or a package that it is in."""
    while name and name not in barred:
        name = name.rpartition('.')[0]
    return name or None


def guard(plan, load, is_barred, found, missed):
    """Hides the project's folders and finders, and barred modules. Calls found for each
    module, and missed for each name without one. Returns what undoes it."""
    roots, folders, finders = tuple(plan['sites'] + plan['roots']), list(sys.path), list(sys.meta_path)
    name_of = load('report')['name_of']
    project = [f for f in finders if name_of(f).startswith('_Editable')]  # they find modules without sys.path

    class Guard:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if is_barred(name):
                raise ModuleNotFoundError("No module named '%s'" % name, name=name)
            for f in sys.meta_path[sys.meta_path.index(Guard) + 1 :]:  # packages add finders
                spec = f.find_spec(name, path, target)
                if spec is not None:
                    found(spec)
                    return spec
            missed(name, path)

    def undo():
        sys.path[:] = folders
        sys.meta_path[:] = [f for f in sys.meta_path if f is not Guard]
        for f in project:
            sys.meta_path.insert(finders.index(f), f)

    sys.path[:] = [p for p in folders if p.startswith(roots)]
    sys.meta_path[:] = [Guard] + [f for f in finders if f not in project]
    return undo


def preload(plan, say, released, load):
    barred, item = set(plan['barred']), ''

    def notice(what):
        say('noticed', package=item, what=what)

    def is_barred(name):
        by = barred_by(name, barred)
        if by is None or released():
            return False
        notice('needs ' + by)
        return True

    def missed(name, path):
        if name in plan['known']:
            notice('needs ' + name)

    specs = {}
    undo, looked = guard(plan, load, is_barred, lambda spec: specs.update({spec.name: spec}), missed), time.monotonic()
    try:
        for item in plan['load']:
            if time.monotonic() - looked > OFTEN:
                if released():
                    break
                looked = time.monotonic()
            if item not in sys.modules:
                try:
                    __import__(item)
                except BaseException as e:
                    notice('fails: %s' % type(e).__name__)
    finally:
        undo()
    for name, spec in specs.items():
        # What a package has put in its own place may have no spec, which python -m of that package looks for.
        try:
            attributes = object.__getattribute__(sys.modules[name], '__dict__')  # without code of its own
            attributes['__spec__'] = attributes.get('__spec__') or spec
        except (KeyError, AttributeError, TypeError):
            pass
