package intercept

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// hiddenFor is how long hotswap looks for the listener of a hidden process after its listen.
const hiddenFor = time.Second

// hidden are the processes of a generation that hotswap may not look at: processes that are not dumpable
// (prctl(2), PR_SET_DUMPABLE; a program file that is not readable), where hotswap lacks CAP_SYS_PTRACE. The
// address that such a process binds and the kind of its socket are unknown. But its TCP listener is in the
// kernel's list of listeners, and in no process that hotswap may look at. Most have none: agents and browsers
// listen on unix sockets.
type hidden struct {
	mu    sync.Mutex // guards what follows
	runs  bool       // a goroutine looks for listeners; there is at most one
	found bool       // it has found one, and does not look again
	until time.Time  // when it stops looking
	users []uint32   // whose listeners it looks for
}

// hides reports whether hotswap may not look at the caller's descriptors.
func (c caller) hides(fd int) bool {
	_, err := os.Readlink(c.proc().FD(fd))
	return err != nil && forbidden(err)
}

// hiddenListen is called before the listen of a hidden process goes on.
func (s *session) hiddenListen(user uint32) {
	h := &s.hidden
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.found {
		return
	}
	h.until = time.Now().Add(hiddenFor)
	if !slices.Contains(h.users, user) {
		h.users = append(h.users, user)
	}
	if h.runs {
		return
	}
	before, err := sockdiag.Listeners(false, 0)
	if err != nil {
		return // listeners cannot be found
	}
	h.runs = true
	s.probes.Go(func() { s.lookForHidden(before) })
}

// lookForHidden looks for listeners until h.until. A listener counts when two looks in a row find it in no
// process, because it may have been closed or passed on during one.
func (s *session) lookForHidden(before map[uint64]sockdiag.Socket) {
	h := &s.hidden
	suspects := map[uint64]bool{}
	for pause := time.Millisecond; ; pause = min(2*pause, hiddenFor/10) {
		if wait.For(s.ctx, pause) != nil {
			return
		}
		h.mu.Lock()
		asked, users := h.until, slices.Clone(h.users)
		h.mu.Unlock()
		began := time.Now()
		now, _ := sockdiag.Listeners(false, 0) // on an error there is nothing new
		found := map[uint64]bool{}
		for inode, l := range now {
			if _, old := before[inode]; old || !slices.Contains(users, l.UID) || s.registry.IsGate(inode) || shown(inode) {
				continue
			}
			found[inode] = true
			if suspects[inode] {
				s.trackingLost(fmt.Errorf("a process that may not be looked at (not dumpable, prctl(2)) listens on %v", l.Local))
				h.mu.Lock()
				h.found, h.runs = true, false
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

// shown reports whether a process that may be looked at has the socket.
func shown(inode uint64) bool {
	all, _ := procfs.Processes()
	return procfs.Holder(all, map[uint64]bool{inode: true}) != 0
}
