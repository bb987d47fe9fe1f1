package intercept

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/internal/fdtable"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// hiddenFor is how long after a hidden process began to listen its listener is
// looked for: the kernel carries the call out when it has our answer.
const hiddenFor = time.Second

// hidden are the processes of a generation that may not be looked at: those that
// are not dumpable (prctl(2), PR_SET_DUMPABLE; a program file that may not be
// read), where hotswap lacks CAP_SYS_PTRACE. Neither the address that such a
// process binds nor the kind of its socket can be known. A TCP listener that it
// makes can: it is in the kernel's list of listeners, and in no process that may
// be looked at. Most make none: agents and browsers listen on unix sockets.
type hidden struct {
	mu    sync.Mutex // guards what follows
	runs  bool       // a goroutine looks for listeners; there is one at most
	told  bool       // it has found one, and need not look again
	until time.Time  // so long
	users []uint32   // for those of these users
}

// hides says whether the caller's descriptors may not be looked at.
func (c caller) hides(fd int) bool {
	_, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", c.tid, fd))
	return err != nil && forbidden(err)
}

// hiddenListen is to be called before a hidden process is let listen.
func (s *session) hiddenListen(user uint32) {
	h := &s.hidden
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.told {
		return
	}
	h.until = time.Now().Add(hiddenFor)
	if !slices.Contains(h.users, user) {
		h.users = append(h.users, user)
	}
	if h.runs {
		return
	}
	before, err := listeners()
	if err != nil {
		return // and none can be looked for
	}
	h.runs = true
	s.probes.Go(func() { s.lookForHidden(before) })
}

// lookForHidden looks until nothing is to be expected any more. A listener counts
// when two looks in a row find it in no process: it may have been closed, or
// passed on, in the middle of one.
func (s *session) lookForHidden(before map[uint64]sockdiag.Socket) {
	h := &s.hidden
	suspects := map[uint64]bool{}
	for wait := time.Millisecond; ; wait = min(2*wait, hiddenFor/10) {
		select {
		case <-s.ctx.Done():
			return
		case <-time.After(wait):
		}
		h.mu.Lock()
		asked, users := h.until, slices.Clone(h.users)
		h.mu.Unlock()
		began := time.Now()
		now, _ := listeners() // without an answer there is nothing new
		found := map[uint64]bool{}
		for inode, l := range now {
			if _, old := before[inode]; old || !slices.Contains(users, l.UID) || s.registry.IsGate(inode) || shown(inode) {
				continue
			}
			found[inode] = true
			if suspects[inode] {
				s.lost(fmt.Errorf("a process that may not be looked at (not dumpable, prctl(2)) listens on %v", l.Local))
				h.mu.Lock()
				h.told, h.runs = true, false
				h.mu.Unlock()
				return
			}
		}
		suspects = found
		h.mu.Lock()
		if began.After(asked) && asked.Equal(h.until) && len(found) == 0 {
			h.runs, h.users = false, nil
			h.mu.Unlock()
			return
		}
		h.mu.Unlock()
	}
}

// listeners are all TCP sockets that listen, by inode.
func listeners() (map[uint64]sockdiag.Socket, error) {
	all, err := sockdiag.Dump(sockdiag.Query{States: []sockdiag.State{sockdiag.Listen}})
	out := map[uint64]sockdiag.Socket{}
	for _, l := range all {
		out[l.Inode] = l
	}
	return out, err
}

// shown reports whether a process that may be looked at has the socket.
func shown(inode uint64) bool {
	want := map[uint64]bool{inode: true}
	return slices.ContainsFunc(fdtable.Processes(), func(pid int) bool { return fdtable.HasAny(pid, want) })
}
