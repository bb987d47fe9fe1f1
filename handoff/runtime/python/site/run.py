# Imports the modules of --standby-run, by the names by which the program will, and says which files
# they have read, because a change of one of these makes the standby stale.
import os
import sys

file_of = load('report')['file_of']  # now, because files that are read later count as the program's


def run(plan, say, table):
    """Returns why the standby is of no use; None: all modules are imported."""
    inner, folders, outer = (
        tuple(plan['sites'] + plan['roots'] + ['/proc/', '/sys/', '/dev/']),
        plan['folders'],
        table['open'],
    )
    opened, why, name = {}, None, ''

    def opens(event, args):
        outer(event, args)
        path, writes = args[0], (args[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if type(path) is not int and not writes:
            path = os.fsdecode(path)
            opened[path if path[:1] == '/' else os.getcwd() + '/' + path] = None

    table['open'] = opens
    sys.path[:0] = folders
    try:
        for name in plan['run']:
            __import__(name)
    except BaseException as e:
        why = '%s fails: %s: %s' % (name, type(e).__name__, str(e)[:200])
    table['open'] = outer
    for folder in folders:
        if folder in sys.path:
            sys.path.remove(folder)  # what a module has added stays
    for file in list(opened) + [file_of(module) for module in list(sys.modules.values())]:
        if file[:1] == '/' and not file.startswith(inner) and '__pycache__' not in file:
            if file != file.encode('utf-8', 'replace').decode():
                why = why or '%s reads a file whose name is not UTF-8' % name
            say('read', file=file)
    return why
