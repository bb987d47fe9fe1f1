# The one audit hook (PEP 578). It cannot be seen, traced or removed from within, so what it
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
