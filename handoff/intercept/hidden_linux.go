package intercept

import (
	"fmt"
	"os"
	"time"

	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// hiddenFor is how long hotswap looks for the listener of a hidden process after its listen, and manyHidden for how many at
// a time: who looks for another one finds those that begin meanwhile.
const hiddenFor, manyHidden = time.Second, 8

// Hidden is a process of a generation that hotswap may not look at, because it is not dumpable (prctl(2), PR_SET_DUMPABLE; a
// program file that is not readable) and hotswap lacks CAP_SYS_PTRACE. The address that such a process binds and the kind of
// its socket are unknown. But its TCP listener is in the kernel's list of listeners, and in no process that hotswap may look
// at. Most have none: agents and browsers listen on unix sockets.

// hides reports whether hotswap may not look at the caller's descriptors.
func (c caller) hides(fd int) bool {
	_, err := os.Readlink(c.proc().FD(fd))
	return err != nil && forbidden(err)
}

// hiddenListen is called before the listen of a hidden process goes on. A listener counts when two looks in a row find it in
// no process, because it may have been closed or passed on during one.
func (s *session) hiddenListen(user uint32) {
	before, err := sockdiag.Listeners(false, 0)
	if err != nil || s.hidden.Load() == manyHidden {
		return // listeners cannot be found
	}
	s.hidden.Add(1)
	s.probes.Go(func() {
		defer s.hidden.Add(-1)
		end, suspects := time.Now().Add(hiddenFor), map[uint64]bool{}
		for pause := time.Millisecond; time.Now().Before(end) || len(suspects) > 0; pause = min(2*pause, hiddenFor/10) {
			if wait.For(s.ctx, pause) != nil {
				return
			}
			now, _ := sockdiag.Listeners(false, 0) // on an error there is nothing new
			found := map[uint64]bool{}
			for inode, l := range now {
				if _, old := before[inode]; old || l.UID != user || s.registry.IsGate(inode) || shown(inode) {
					continue
				}
				if suspects[inode] {
					s.trackingLost(fmt.Errorf("a process that may not be looked at (not dumpable, prctl(2)) listens on %v", l.Local))
					return
				}
				found[inode] = true
			}
			suspects = found
		}
	})
}

// shown reports whether a process that may be looked at has the socket.
func shown(inode uint64) bool {
	all, _ := procfs.Processes()
	return procfs.Holder(all, map[uint64]bool{inode: true}) != 0
}
