package intercept

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/sockets"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// apart is sockets in a network namespace of its own, as below unshare -n or,
// for an ordinary user, unshare -rn.
func helperApart(args []string) {
	if len(args) > 0 { // inside
		must(testkit.LoopbackUp())
		say("inside")
		helperSockets(nil)
		return
	}
	cmd := exec.Command(self, "helper:apart", "inside")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET, Pdeathsig: unix.SIGKILL}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}}
	}
	if err := cmd.Start(); err != nil {
		say(err)
		return
	}
	_ = cmd.Wait()
}

// apart starts the next generation in a network namespace of its own.
func (w *world) apart() *generation {
	w.t.Helper()
	g := w.start("apart")
	if said := g.line(); said != "inside" {
		w.t.Skip("no network namespaces here: ", said)
	}
	return g
}

// An address in another network namespace is another address: it is neither
// shared nor steered, and no generation is ready for it.
func TestOtherNetworkNamespacePasses(t *testing.T) {
	w := newWorld(t)
	e := endpoint(t, "127.0.0.1", false)
	one := w.start("sockets")
	one.listen("a", e)
	one.ok("serve a one")
	two := w.apart()
	two.ok("socket a tcp4", "bind a "+e.Addr.String(), "listen a 5", "serve a apart")
	two.gets("0", "get a reuseport")
	if got := w.registry.Endpoints(2); len(got) != 0 {
		t.Errorf("the generation counts as serving %v", got)
	}
	// As nothing of it serves here, somebody should know.
	var said handoff.Elsewhere
	for said.Gen == 0 {
		switch got := (<-two.events).(type) {
		case handoff.Elsewhere:
			said = got
		case handoff.Degraded:
		default:
			t.Fatalf("told %#v", got)
		}
	}
	if said.Gen != 2 || said.Endpoint != e || !slices.Contains(two.Tree(), said.PID) {
		t.Errorf("told %#v", said)
	}
	two.ok("socket b tcp4", "bind b 127.0.0.2:"+fmt.Sprint(e.Port()))
	two.quiet() // once
	answered(t, e, 20, "one")
}

// The gate with a dead generation's clients is not for a process that they did
// not ask for.
func TestDeadGateStaysInItsNetworkNamespace(t *testing.T) {
	w := newWorld(t)
	e := endpoint(t, "127.0.0.1", false)
	clients, dead := deadGate(t, w, e, 3)
	apart := w.apart()
	apart.ok("socket a tcp4", "bind a "+e.Addr.String())
	if got := apart.do("inode a"); got == dead {
		t.Error("the gate was given to a process of another network namespace")
	}
	g := w.start("sockets")
	g.listen("a", e)
	g.ok("serve a two")
	for _, c := range clients {
		answers(t, c, "two")
	}
}

// One of the two marks of a network namespace is enough.
func TestOurNetwork(t *testing.T) {
	link, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Skip(err)
	}
	const there, missing = "/proc/self/ns/net", "/proc/self/ns/none"
	for name, c := range map[string]struct {
		cookie uint64
		errno  error
		link   string
		want   network
		err    error
	}{
		"both":              {7, nil, there, network{7, link}, nil},
		"no links":          {7, nil, missing, network{cookie: 7}, nil},
		"before Linux 5.14": {0, unix.ENOPROTOOPT, there, network{link: link}, nil},
		"neither":           {0, unix.ENOPROTOOPT, missing, network{}, os.ErrNotExist},
		"no sockets":        {0, unix.EMFILE, there, network{}, unix.EMFILE},
	} {
		got, err := networkBy(func() (uint64, error) { return c.cookie, c.errno }, c.link)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// A helper of the program lives elsewhere, the program here, or nobody keeps the socket: nobody is told.
func TestHelperInAnotherNetworkNamespace(t *testing.T) {
	w := newWorld(t)
	e := endpoint(t, "127.0.0.1", false)
	fd := testkit.Must(sockets.System{}.Open(e, -1))(t)
	testkit.Must(w.registry.Listen(reuseport.ListenRequest{Gen: 1, Endpoint: e, Dup: fd}))(t)
	inode, _, _ := sockets.System{}.Inode(fd)
	for gen, tree := range map[handoff.GenID][]int{1: {os.Getpid()}, 2: nil} {
		s := &session{gen: gen, registry: w.registry, ctx: t.Context(), anotherWithin: time.Nanosecond, tree: func() []int { return tree }, report: func(e handoff.Event) { t.Errorf("told %#v", e) }}
		s.elsewhere(handoff.PortZero{Gen: gen}, inode)
		s.probes.Wait()
	}
}

// A program that keeps a listener at port 0, and no other, is told so once. hotswap leaves the socket alone.
func TestPortZero(t *testing.T) {
	w := newWorld(t)
	w.anotherWithin = time.Millisecond
	one := w.start("sockets")
	one.ok("socket a tcp4", "bind a 127.0.0.1:0", "listen a 5")
	one.heard(handoff.PortZero{Gen: 1})
}

func testForbiddenElsewhere(t *testing.T) {
	w := newWorld(t)
	e := endpoint(t, "127.0.0.1", false)
	g := w.apart()
	g.ok("socket a tcp4")
	before := g.do("inode a")
	g.ok("bind a " + e.Addr.String())
	if got := g.do("inode a"); got != before {
		t.Errorf("socket %s of another network namespace was replaced by %s of ours", before, got)
	}
	if c, err := net.Dial("tcp", reach(e)); err == nil {
		c.Close()
		t.Error("somebody listens here")
	}
}
