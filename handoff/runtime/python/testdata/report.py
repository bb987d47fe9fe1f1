"""Reports what a process at its limits has read, and prints what it does not expect. Arguments: the folder of hotswap's
modules, and an empty folder."""
import os
import posix
import resource
import subprocess
import sys

SITE, ROOT = sys.argv[1:]
space, table = {}, {}
with open(SITE + '/report.py') as f:
    exec(f.read(), space)
read = space['report'](ROOT, sys.argv, [], table)


def expect(name, what, pid=os.getpid()):
    with open(ROOT + '/python-%d' % pid) as f:
        if what not in f.read():
            print('%s: %s is not reported' % (name, what))


# Without a descriptor nothing can be reported, or read. What is read later is.
limit = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (0, limit[1]))
read('/once.py')
read('/twice.py')
resource.setrlimit(resource.RLIMIT_NOFILE, limit)
read('/twice.py')
expect('without a descriptor', '/once.py')
expect('read again', '/twice.py')
resource.setrlimit(resource.RLIMIT_NOFILE, (0, limit[1]))
read('/late.py')
resource.setrlimit(resource.RLIMIT_NOFILE, limit)
table['socket.__new__']('socket.__new__', ())
expect('at the next connection', '/late.py')


# Code of Node's is text to Python, and concerns the program, too.
table['open']('open', ('/page.tsx', 'r', 0))
expect('text', '/page.tsx')


# What happens while a report is written, as in another thread, is reported, too.
class Posix:
    def __getattr__(self, name):
        return getattr(posix, name)

    def open(self, *args):
        space['posix'] = posix
        table['os.putenv']('os.putenv', (b'MEANWHILE', b'1'))
        return posix.open(*args)


space['posix'] = Posix()
read('/slow.py')
expect('while another thread reports', 'MEANWHILE')

# What a child becomes reports nothing, although the child runs some Python before.
child = subprocess.Popen(['sleep', '1000'], preexec_fn=os.setsid)
expect('a child that has become another program', '"more":"', child.pid)
child.kill()
child.wait()

# The working directory is the same by another name, as gunicorn has it from PWD, or when it has been removed.
os.mkdir(ROOT + '/dir')
os.symlink('dir', ROOT + '/link')
os.chdir(ROOT + '/dir')
with open(ROOT + '/python-%d' % os.getpid()) as report:
    for folder in ROOT + '/link', b'../link', '.':
        table['os.chdir']('os.chdir', (folder,))
    if '"changed":""' in report.read():
        print('a change to the same working directory is reported')
os.rmdir(ROOT + '/dir')
table['os.chdir']('os.chdir', (ROOT,))
expect('another working directory', '"changed":""')

# Another interpreter has no hook, and what this process executes has no adapter.
events = dict(table)
for event, name in ('import', '_interpqueues'), ('cpython.PyInterpreterState_New', ''), ('os.exec', ''):
    events[event](event, (name,))
    expect(event, '"more":"the program uses ' + (name or event))
if table:
    print('what the program does is reported although the report is incomplete')
