package connections

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff/runtime/wire"
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

const (
	// connections between two requests that wait for a process, at once; fewer where descriptors are few
	maxIdle      = 4096
	maxLent      = 1024 // connections of which hotswap keeps a duplicate, at once; the same
	maxAddresses = 256  // of a thread
)

// count is how many bytes processes have read and written on a connection. open is false for one that has ended, and
// for a unix socket, of which the kernel counts nothing.
type count struct {
	read, sent uint64
	open       bool
}

// ended waits until the thread's process has ended, and reports whether it has: a thread may also go alone.
func (a *Session) ended(t *thread, until time.Time) bool {
	for a.of.lives(t.PID) {
		if time.Now().After(until) {
			return false
		}
		time.Sleep(lookEvery)
	}
	return true
}

// lives reports whether a process can read what it has (proc_pid_stat(5)). Without /proc one that has ended counts as
// living until its parent has waited for it.
func lives(pid int) bool { return livesBy(procfs.Of(pid), pid) }

func livesBy(proc procfs.Dir, pid int) bool {
	stat, err := proc.Stat()
	if err != nil {
		return unix.Kill(pid, 0) != unix.ESRCH
	}
	return stat.State() != 'Z' && stat.State() != 'X'
}

// take passes a connection that is between two requests to the serving generation. take owns the socket. While too
// many connections wait for a process, take blocks, and the thread that gives them is not read.
func (a *Session) take(from *thread, at string, s *wire.Socket) {
	cookie := cookieOf(s)
	a.of.returned(cookie, nil)
	for !a.of.wait() {
		if a.queues() { // the next generation waits for the end of this one
			go func() {
				defer s.Close()
				a.giveBack(from, at, s)
			}()
			return
		}
		select {
		case <-time.After(lookEvery):
		case <-from.Ended:
			s.Close()
			return
		}
	}
	a.count(1, 0)
	go func() { // the session does not wait for it: with stop-first the next generation starts behind the session's end
		defer s.Close()
		a.move(from, at, s, cookie)
	}()
}

// move finds a process for a connection, and another one if that process ends before it has touched the connection.
// Where no process takes the connection, the thread that gave it gets it back. If that thread has gone, the connection
// waits for the process that serves, as new clients of that process do; if there is none, the connection ends.
func (a *Session) move(from *thread, at string, s *wire.Socket, cookie uint64) {
	before := progress(s, count{})
	for first := true; ; first = false {
		k, err := a.find(take{Type: "conn", At: at}, s)
		again := err != nil && !a.giveBack(from, at, s) && errors.Is(err, errLate)
		if first {
			a.of.waited()
			a.count(-1, 0)
		}
		if again {
			continue
		}
		if err != nil {
			return
		}
		a.count(0, 1)
		crashed := a.untouched(k, s, before, cookie)
		k.discard()
		if !crashed {
			return
		}
	}
}

// giveBack offers a connection to the thread that gave it, for one more answer, and reports whether the thread has
// taken the connection.
func (a *Session) giveBack(from *thread, at string, s *wire.Socket) bool {
	k, err := a.offer(from, take{Type: "conn", At: at, Stays: true}, s)
	k.discard()
	return err == nil
}

// queues reports whether what moves waits for a generation that starts when this one has ended.
func (a *Session) queues() bool {
	a.links.Lock()
	defer a.links.Unlock()
	return a.stopFirst
}

// count counts connections that wait for a process, and those that another process has taken.
func (a *Session) count(offered, moved int) {
	a.links.Locked(func() { a.offered, a.moved = a.offered+offered, a.moved+moved })
}

// untouched reports whether a thread has gone before it read or wrote anything on a connection that it had taken. It
// blocks until the thread says that a request has come, or has gone, or the generation that gave the connection does
// not serve again: only a duplicate keeps the connection open.
func (a *Session) untouched(k *offer, s *wire.Socket, before count, cookie uint64) bool {
	back, ok := a.of.lend(cookie)
	if !ok {
		return false
	}
	defer a.of.returned(cookie, back)
	select {
	case <-back: // another process owns it
	case <-k.owned:
	case <-a.retired.Done():
	case <-k.to.Gone:
		return a.ended(k.to, time.Now().Add(a.of.waits.take)) &&
			!wait.Closed(back) && !wait.Closed(k.owned) && before.open && progress(s, before) == before
	}
	return false
}

// Adopt passes a connection that no process has accepted yet to the serving generation, whose server listens at the
// place. If it returns true it owns the descriptor; a client whom the process then does not take is not answered.
func (h *Shared) Adopt(at string, fd int) bool {
	gen, _ := h.Successor()
	b := h.of(gen)
	if b == nil {
		return false
	}
	to, _ := b.pick(at)
	if to == nil || !h.wait() {
		return false
	}
	_ = unix.SetNonblock(fd, true) // as processes expect of what they are given
	go func() {
		s := &wire.Socket{FD: fd}
		defer s.Close()
		defer h.waited()
		k, _ := b.offer(to, take{Type: "conn", At: at}, s)
		k.discard()
	}()
	return true
}

// wait reports whether one more connection may wait for a process, and counts that connection.
func (h *Shared) wait() bool {
	select {
	case h.idle <- struct{}{}:
		return true
	default:
		return false
	}
}

func (h *Shared) waited() { <-h.idle }

// lend notes that hotswap keeps a duplicate of a connection. The channel is closed when a process gives the connection
// away again, which then has a new owner.
func (h *Shared) lend(cookie uint64) (back chan struct{}, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if cookie == 0 || h.lent[cookie] != nil || len(h.lent) >= rights.Share(maxLent) {
		return nil, false
	}
	c := make(chan struct{})
	h.lent[cookie] = c
	return c, true
}

// returned ends a loan; of any owner, if none is named.
func (h *Shared) returned(cookie uint64, of chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c := h.lent[cookie]; c != nil && (of == nil || of == c) {
		close(c)
		delete(h.lent, cookie)
	}
}
