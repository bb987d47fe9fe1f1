package intercept

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// ourNetwork is hotswap's own. Where there are no cookies the link has to do, and
// where there are none of the links the cookie: a kernel or a mount of /proc may
// lack them.
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

// networkOf is that of the caller's socket, of which dup is a duplicate or -1.
func (c caller) networkOf(dup int) (n network) {
	if dup >= 0 {
		n.cookie, _ = sockdiag.NetworkOf(dup)
	}
	if n.cookie == 0 {
		n.link, _ = os.Readlink(fmt.Sprintf("/proc/%d/ns/net", c.tid))
	}
	return n
}

// errNetwork: neither the socket nor its process could be asked.
var errNetwork = errors.New("its network namespace cannot be read")

// elsewhereAfter is how long a generation that binds in another network
// namespace may take to listen in ours, before it is reported.
const elsewhereAfter = 2 * time.Second

// elsewhere reports, once, that the generation is in another network namespace,
// unless it serves in ours too: then it was some helper of the program, and
// nobody needs to know.
func (s *session) elsewhere(e handoff.Endpoint, pid int) {
	if s.away {
		return
	}
	s.away = true
	s.probes.Go(func() {
		select {
		case <-s.ctx.Done():
		case <-time.After(s.elsewhereAfter):
			if len(s.registry.Endpoints(s.gen)) == 0 {
				s.report(handoff.Elsewhere{Gen: s.gen, Endpoint: e, PID: pid})
			}
		}
	})
}
