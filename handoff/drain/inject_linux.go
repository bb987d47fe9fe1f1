package drain

import (
	"errors"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/inject"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

const (
	injectMost = 64       // how often a thread of the program is stopped for one connection
	stopsMost  = 16       // how often during one look, but to let go
	lowWater   = 16 << 10 // no program asks to be awakened only when less than that is not sent (TCP_NOTSENT_LOWAT)
)

// injector acts by system calls that a thread of the program makes for hotswap (internal/inject), on the
// program's own descriptors.
type injector struct {
	diag    *sockdiag.Conn // for a look at one connection, also amid a dump
	denied  map[int]bool   // processes of which no thread may be stopped
	threads map[int]*threads
	left    int // of stopsMost
}

func newInjector() (*injector, error) {
	d, err := sockdiag.Open()
	if err != nil {
		return nil, err
	}
	return &injector{diag: d, denied: make(map[int]bool), threads: make(map[int]*threads)}, nil
}

// forget forgets all processes but these.
func (i *injector) forget(but []int) {
	for pid := range i.threads {
		if !slices.Contains(but, pid) {
			delete(i.threads, pid)
		}
	}
	for pid := range i.denied {
		if !slices.Contains(but, pid) {
			delete(i.denied, pid)
		}
	}
}

// may reports whether a process that has the connection can be made to act. What is held back can always be
// let go.
func (i *injector) may(c *conn) bool {
	return (c.stops < injectMost || c.state.corked || c.state.held) &&
		slices.ContainsFunc(c.holders, func(h holder) bool { return !i.denied[h.pid] })
}

func (i *injector) close() { i.diag.Close() }

// look looks at one connection.
func (i *injector) look(c *conn) (m sockdiag.Socket, ok bool) {
	m, found, err := i.diag.Inspect(sockdiag.Name{Local: c.local, Remote: c.peer, Cookie: c.cookie})
	return m, err == nil && found && m.Info != nil && isOpen(uint8(m.State))
}

// injectControl acts on one connection.
type injectControl struct {
	*injector
	c *conn
}

// try is with, if the program was not stopped too often.
func (h injectControl) try(do func(t *inject.Thread, fd int) bool) bool {
	if h.left <= 0 {
		return false
	}
	h.left--
	return h.with(do)
}

// with stops a thread of a process that has the connection, calls do with its descriptor there, and returns
// what do returns, or false if no thread can be stopped now.
func (h injectControl) with(do func(t *inject.Thread, fd int) bool) (done bool) {
	for _, at := range h.c.holders {
		if h.denied[at.pid] {
			continue
		}
		err := inject.Stop(at.pid, func(t *inject.Thread) {
			h.c.stops++
			// The number of a process that has ended may be another's by now, which is not to act.
			done = t.HasSocket(at.fd, h.c.inode) && do(t, at.fd)
		})
		if err == nil {
			break
		}
		if errors.Is(err, inject.ErrForbidden) {
			h.denied[at.pid] = true
		}
	}
	return done
}

func (h injectControl) cork(on bool) bool {
	if !on {
		return h.with(h.set(unix.SOL_TCP, unix.TCP_CORK, false))
	}
	return h.try(h.set(unix.SOL_TCP, unix.TCP_CORK, true))
}

// push takes one call, not two as with the cork, because in between the client might go on. TCP_NODELAY sends
// what the cork holds back and leaves the cork on (tcp(7)). It remains set, as most programs have it anyway.
func (h injectControl) push() bool { return h.with(h.set(unix.SOL_TCP, unix.TCP_NODELAY, true)) }

// set sets an option of the connection.
func (h injectControl) set(level, option uintptr, on bool) func(*inject.Thread, int) bool {
	return func(t *inject.Thread, fd int) bool {
		addr, ok := t.Flag(on)
		if !ok {
			return false
		}
		_, err := t.Call(h.same(t, fd), unix.SYS_SETSOCKOPT, uintptr(fd), level, option, addr, 4)
		return err == nil
	}
}

// same reports whether the thread still has the connection there.
func (h injectControl) same(t *inject.Thread, fd int) func() bool {
	return func() bool { return t.HasSocket(fd, h.c.inode) }
}

// recork does nothing: to stop the program at each look would be dear. If the program has removed the cork,
// the lengths of its answers must tell.
func (injectControl) recork() bool { return false }

// activity takes the connection for one that takes output if so little is on its way that no program waits.
func (h injectControl) activity() (activity, time.Duration) {
	m, ok := h.look(h.c)
	if !ok || !roomy(m, sampleIn(m).NotSent) {
		return waiting, 0
	}
	pid := h.c.holders[0].pid
	t := h.threads[pid]
	if t == nil {
		t = new(threads)
		h.threads[pid] = t
	}
	return t.look(pid, time.Now()), t.ran
}

// roomy reports whether the connection takes output (sk_stream_is_writeable). Which limit the program has set
// by TCP_NOTSENT_LOWAT cannot be seen from outside.
func roomy(m sockdiag.Socket, notSent uint32) bool {
	room := int64(m.SendBuffer) - int64(m.SendQueued)
	return room > 0 && room >= int64(m.SendQueued)/2 && notSent < lowWater
}

// finish ends the connection in both directions, unless something moved since was. A few microseconds lie
// between the last look and the shutdown.
func (h injectControl) finish(was sample) bool {
	unmoved := func() bool {
		m, ok := h.look(h.c)
		return ok && same(was, sampleIn(m))
	}
	return unmoved() && h.endIf(unmoved)
}

func (h injectControl) end() bool { return h.endIf(func() bool { return true }) }

// endIf lets the thread duplicate the descriptor first: nobody knows the duplicate's number, so it is certain
// which connection is ended, whatever the other threads close and open meanwhile.
func (h injectControl) endIf(sure func() bool) bool {
	return h.try(func(t *inject.Thread, fd int) bool {
		dup, err := t.Call(nil, unix.SYS_FCNTL, uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
		if err != nil {
			return false
		}
		certain := func() bool { return t.HasSocket(dup, h.c.inode) && sure() }
		_, err = t.Call(certain, unix.SYS_SHUTDOWN, uintptr(dup), unix.SHUT_RDWR)
		_, _ = t.Call(nil, unix.SYS_CLOSE, uintptr(dup))
		return err == nil
	})
}

const scratchSize = peekMost

// scratch gives do memory in the program, for the time of a stop only: the program may execute another one
// later.
func scratch(t *inject.Thread, do func(addr uintptr)) {
	addr, err := t.Call(nil, unix.SYS_MMAP, 0, scratchSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS, ^uintptr(0), 0)
	if err != nil {
		return
	}
	do(uintptr(addr))
	_, _ = t.Call(nil, unix.SYS_MUNMAP, uintptr(addr), scratchSize)
}

// hold is fdControl.hold, by a thread of the program.
func (h injectControl) hold() tri {
	result := unknown
	h.try(func(t *inject.Thread, fd int) bool {
		flags, err := t.Call(h.same(t, fd), unix.SYS_FCNTL, uintptr(fd), unix.F_GETFL)
		if err != nil {
			return false
		}
		if flags&unix.O_NONBLOCK == 0 {
			result = no
			return true
		}
		scratch(t, func(addr uintptr) {
			option := func(name uintptr) int {
				if t.Poke(addr, 0) != nil || t.Poke(addr+8, 4) != nil {
					return -1
				}
				if _, err := t.Call(h.same(t, fd), unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, name, addr, addr+8); err != nil {
					return -1
				}
				n, err := t.Peek(addr)
				if err != nil {
					return -1
				}
				return int(int32(n))
			}
			kind, low := option(unix.SO_PROTOCOL), option(unix.SO_RCVLOWAT)
			if kind < 0 || low < 0 || t.Poke(addr, holdBelow) != nil {
				return
			}
			if kind != unix.IPPROTO_TCP || low > 1 {
				result = no
				return
			}
			if _, err := t.Call(h.same(t, fd), unix.SYS_SETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_RCVLOWAT, addr, 4); err == nil {
				result = yes
			}
		})
		return true
	})
	return result
}

func (h injectControl) release() bool {
	return h.with(h.set(unix.SOL_SOCKET, unix.SO_RCVLOWAT, true))
}

func (h injectControl) peek(b []byte) (got []byte) {
	h.with(func(t *inject.Thread, fd int) bool {
		scratch(t, func(addr uintptr) {
			n, err := t.Call(h.same(t, fd), unix.SYS_RECVFROM, uintptr(fd), addr, uintptr(min(len(b), scratchSize)), unix.MSG_PEEK|unix.MSG_DONTWAIT, 0, 0)
			if err == nil && t.Read(addr, b[:n]) == nil {
				got = b[:n]
			}
		})
		return true
	})
	return got
}
