package intercept

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// network identifies a network namespace. A listener in another namespace than hotswap's is reached by none
// of its clients.
type network struct {
	cookie uint64 // SO_NETNS_COOKIE of a socket; 0: not known
	link   string // what /proc/TID/ns/net links to; "": not known
}

// same reports whether two are the same, if known. Cookies are exact. Links come second, because a thread may
// have left the namespace in which it made the socket.
func (a network) same(b network) (same, known bool) {
	switch {
	case a.cookie != 0 && b.cookie != 0:
		return a.cookie == b.cookie, true
	case a.link != "" && b.link != "":
		return a.link == b.link, true
	}
	return false, false
}

// ourNetwork returns hotswap's own. An old kernel has no cookies, some mounts of /proc no links: one of the
// two is enough.
func ourNetwork() (network, error) { return networkBy(sockdiag.Network, "/proc/self/ns/net") }

func networkBy(cookie func() (uint64, error), link string) (n network, err error) {
	n.cookie, err = cookie()
	if err != nil && !errors.Is(err, unix.ENOPROTOOPT) {
		return n, err
	}
	n.link, err = os.Readlink(link)
	if n.cookie != 0 {
		err = nil
	}
	return n, err
}

// networkOf returns that of the caller's socket. dup is a duplicate of the socket, or -1.
func (c caller) networkOf(dup int) (n network) {
	if dup >= 0 {
		n.cookie, _ = sockdiag.NetworkOf(dup)
	}
	if n.cookie == 0 {
		n.link = c.proc().Link("ns/net")
	}
	return n
}

// errNetwork says that neither the socket nor its process could be asked.
var errNetwork = errors.New("its network namespace cannot be read")

// anotherWithin is how long a generation may take to listen at another port than at one in another network namespace, or
// at one that the kernel chose.
const anotherWithin = 2 * time.Second

// elsewhere reports once that the generation has a socket where hotswap cannot hand over, if it keeps that socket and does
// not also listen where hotswap can.
func (s *session) elsewhere(ev handoff.Event, inode uint64) {
	if s.reportedElsewhere {
		return
	}
	s.reportedElsewhere = true
	s.probes.Go(func() {
		select {
		case <-s.ctx.Done():
		case <-time.After(s.anotherWithin):
			if len(s.registry.Endpoints(s.gen)) == 0 && procfs.Holder(s.tree(), map[uint64]bool{inode: true}) != 0 {
				s.report(ev)
			}
		}
	})
}
