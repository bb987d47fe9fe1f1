package engine

import (
	"os"
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/held"
	"github.com/hotswap-dev/hotswap/handoff/intercept"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// askSystem completes c with what Linux knows.
func askSystem(c *held.Config, r *reuseport.Registry) {
	c.Denies = func(uid, pid int, port uint16) bool {
		here, known := procfs.Of(pid).IsInOurNetwork() // hotswap's clients reach no socket of another one
		return uid != os.Geteuid() && int(port) < procfs.UnprivilegedPort() || known && !here
	}
	c.Declared = func(gen handoff.GenID, e handoff.Endpoint) (fd int, ok bool) {
		if !r.Declared(e) {
			return -1, false
		}
		plan, err := r.Bind(reuseport.BindRequest{Gen: gen, Endpoint: e})
		return plan.Fd, err == nil && plan.Action == reuseport.Inject
	}
}

// ownListeners returns the addresses at which these processes listen by sockets that are no gates, but for debuggers';
// and the cookies of these sockets. known is false where a sandbox forbids sock_diag, or a process may not be looked
// into.
func (n none) ownListeners(pids []int) (out []handoff.Endpoint, cookies []uint64, known bool) {
	err := sockdiag.Listening(pids, func(pid int, s sockdiag.Socket) {
		if n.IsGate(s.Inode) || intercept.Debugs(pid, s.Local.Port()) {
			return
		}
		e := handoff.At("tcp", s.Local, false)
		cookies = append(cookies, s.Cookie)
		if !slices.Contains(out, e) {
			out = append(out, e)
		}
	})
	return out, cookies, err == nil
}
