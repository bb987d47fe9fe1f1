package intercept

import (
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// network identifies a network namespace. A listener in another namespace than hotswap's is reached by none
// of its clients.
type network struct {
	cookie uint64 // SO_NETNS_COOKIE of a socket; 0: not known, as before Linux 5.14
	link   string // what /proc/TID/ns/net links to; "": not known
}

// ourNetwork returns hotswap's own.
func ourNetwork() (n network) {
	n.cookie, _ = sockdiag.Network()
	n.link = procfs.Self.Link("ns/net")
	return n
}

// has reports whether the caller's socket is in the network namespace, if that is known. dup is a duplicate of the socket, or
// -1. Cookies are exact. Links come second, because a thread may have left the namespace in which it made the socket.
func (n network) has(who caller, dup int) (here, known bool) {
	if cookie, err := sockdiag.NetworkOf(dup); err == nil && n.cookie != 0 {
		return cookie == n.cookie, true
	}
	link := who.proc().Link("ns/net")
	known = link != "" && n.link != ""
	return known && link == n.link, known
}

// anotherWithin is how long a generation may take to listen at another port than at one that hotswap cannot hand over.
const anotherWithin = 2 * time.Second

// elsewhere reports once that the generation has a socket where hotswap cannot hand over, if it keeps that socket and does
// not also listen where hotswap can.
func (s *session) elsewhere(why string, inode uint64) {
	if s.reportedElsewhere {
		return
	}
	s.reportedElsewhere = true
	s.probes.Go(func() {
		if wait.For(s.ctx, anotherWithin) == nil && len(s.registry.Endpoints(s.gen)) == 0 && procfs.Holder(s.tree(), map[uint64]bool{inode: true}) != 0 {
			s.report(handoff.Elsewhere{Gen: s.gen, Why: why})
		}
	})
}
