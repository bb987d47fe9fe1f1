# What a program waits for instead of a listening socket: a queue of the kernel's (epoll(7), kqueue(2)), which is readable
# itself while something in it is.
import errno
import os


class Door:
    """Is readable while it is open and a client waits."""

    def __init__(self, fd):
        import select

        self.module, self.fd, self.open = select, fd, False
        self.kind = select.epoll if hasattr(select, 'epoll') else select.kqueue
        self.queue = self.kind()
        self.number = self.queue.fileno()

    def renew(self):
        """Gives a child a queue of its own, at the same number."""
        fresh, self.open = self.kind(), False
        try:
            self.queue.close()
        except OSError:  # no child inherits a kqueue
            pass
        if fresh.fileno() != self.number:
            os.dup2(fresh.fileno(), self.number, inheritable=False)
            fresh = self.kind.fromfd(self.number)
        self.queue = fresh

    def set(self, open):
        self.open, select = open, self.module
        if hasattr(self.queue, 'control'):
            self.queue.control(
                [select.kevent(self.fd, select.KQ_FILTER_READ, select.KQ_EV_ADD if open else select.KQ_EV_DELETE)], 0
            )
        elif open:
            self.queue.register(self.fd, select.EPOLLIN)
        else:
            self.queue.unregister(self.fd)

    def wait(self, seconds):
        try:
            self.queue.control(None, 1, seconds) if hasattr(self.queue, 'control') else self.queue.poll(seconds, 1)
        except ValueError:  # another thread has closed it
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
