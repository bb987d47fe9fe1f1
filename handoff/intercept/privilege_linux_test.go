package intercept

import (
	"errors"
	"net"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// lowPort is an address of this machine that only the privileged may bind.
func lowPort(t *testing.T) handoff.Endpoint {
	t.Helper()
	e := handoff.Endpoint{Network: "tcp4", Addr: netipAt(testkit.LowPort(t), 80)}
	l, err := net.Listen("tcp4", e.Addr.String())
	if errors.Is(err, unix.EACCES) {
		t.Skip("needs CAP_NET_BIND_SERVICE")
	}
	testkit.NoError(t, err)
	l.Close()
	if from := procfs.UnprivilegedPort(); from <= 80 {
		t.Skip("no port is low here: ", from)
	}
	return e
}

// A root process binds a low port and closes it. Its child, which has given its
// privileges up, hears what it would hear without us.
func TestLowPortIsForThePrivileged(t *testing.T) {
	w := newWorld(t)
	e := lowPort(t)
	g := w.start("sockets")
	g.listen("a", e)
	g.ok("close a", "socket b tcp4", "bind b "+e.Addr.String(), "close b") // it may have it again
	g.ok("become 65534", "socket c tcp4")
	g.gets("EACCES", "bind c", e.Addr)
	high := endpoint(t, "127.0.0.1", false)
	g.listen("d", high)
	if got := w.registry.Endpoints(1); !slices.Contains(got, high) {
		t.Errorf("endpoints %v", got)
	}
}

// A thread that has given up bind(2) by landlock(7) makes the call itself, so the kernel refuses a port that
// nobody serves and that hotswap could serve.
func TestConfinedThreadBindsNothingNew(t *testing.T) {
	w := newWorld(t)
	e, next := endpoint(t, "127.0.0.1", false), endpoint(t, "127.0.0.1", false)
	one := w.start("sockets")
	one.listen("a", e)
	two := w.start("sockets")
	two.ok("socket a tcp4", "socket b tcp4")
	if got := two.do("confine self"); got != "ok" {
		t.Skipf("no Landlock with rules for the network: %s", got)
	}
	for name, at := range map[string]handoff.Endpoint{"a": e, "b": next} {
		two.gets("EACCES", "bind", name, at.Addr)
	}
	two.quiet()
}
