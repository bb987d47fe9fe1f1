# The one audit hook (PEP 578) by which the rest hears what the program does. It is
# not to be seen or traced from within, and cannot be taken away again, so what it
# does is in a table that can be emptied.
import sys


def install():
    table = {}

    def hook(event, args, get=table.get):
        act = get(event)
        if act is not None:
            act(event, args)
    sys.addaudithook(hook)
    return table
