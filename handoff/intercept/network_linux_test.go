package intercept

import (
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
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
	cmd.Wait()
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
	answered(t, e, 20, "one")
}

// A program that keeps a listener at port 0 is told so once, unless nobody keeps it. hotswap leaves the socket alone.
func TestPortZero(t *testing.T) {
	t.Parallel()
	one, tried := newWorld(t).start("sockets"), newWorld(t).start("sockets")
	tried.ok("socket a tcp4", "bind a 127.0.0.1:0", "listen a 5", "close a")
	one.ok("socket a tcp4", "bind a 127.0.0.1:0", "listen a 5", "socket b tcp4", "bind b 127.0.0.1:0", "listen b 5",
		"socket c udp4", "bind c 127.0.0.1:0")
	one.heard(handoff.Elsewhere{Gen: 1})
	one.quiet()
	tried.quiet()
	one.end()
	if len(one.session.sockets) > 0 {
		t.Errorf("%d sockets are remembered in vain", len(one.session.sockets))
	}
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
