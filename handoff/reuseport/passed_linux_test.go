package reuseport

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/sockets"
	"github.com/hotswap-dev/hotswap/handoff/unixpath"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/internal/thread"
)

// passes is a registry that has adopted an activator's path, and what it has passed on.
type passes struct {
	t    *testing.T
	r    *Registry
	e    handoff.Endpoint
	mu   sync.Mutex
	held []net.Conn
}

func newPasses(t *testing.T) *passes {
	t.Helper()
	p := adopted(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.r.PassOn(ctx, func(client, server net.Conn) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.held = append(p.held, client, server)
		})
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		for _, c := range p.held {
			c.Close()
		}
	})
	return p
}

// adopted passes nothing on yet.
func adopted(t *testing.T) *passes {
	t.Helper()
	dir := testkit.Must(filepath.EvalSymlinks(t.TempDir()))(t)
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		_ = os.Chmod(d, 0o755) // another user connects
	}
	p := &passes{t: t, e: handoff.Endpoint{Network: "unix", Path: filepath.Join(dir, "a.sock")}}
	fd := testkit.Must(unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0))(t)
	t.Cleanup(func() { _ = unix.Close(fd) })
	testkit.NoError(t, unix.Bind(fd, &unix.SockaddrUnix{Name: p.e.Path}), unix.Listen(fd, 100),
		os.Chmod(p.e.Path, 0o777))
	p.r = NewRegistry(sockets.System{Files: unixpath.Files{Folder: func(prefix string) (string, error) {
		return os.MkdirTemp("", prefix)
	}}})
	t.Cleanup(func() { p.r.Close() })
	testkit.NoError(t, p.r.Adopt(p.e, testkit.Must(unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0))(t)))
	return p
}

// starts returns the listening socket of a new generation.
func (p *passes) starts(gen handoff.GenID) int {
	p.t.Helper()
	at, fds, err := p.r.AssignDeclared(gen)
	if err != nil || len(fds) != 1 || at[0] != p.e {
		p.t.Fatal(at, fds, err)
	}
	return fds[0]
}

func (p *passes) client() {
	p.t.Helper()
	c := testkit.Must(net.Dial("unix", p.e.Path))(p.t)
	p.t.Cleanup(func() { c.Close() })
}

func (p *passes) cutover(gen handoff.GenID) {
	p.t.Helper()
	_, _, err := p.r.Cutover(gen)
	testkit.NoError(p.t, err)
}

// gets waits until a client waits at the socket, and accepts it.
func (p *passes) gets(fd int) *unix.Ucred {
	p.t.Helper()
	await(p.t, "a client", func() bool { n, _ := unixpath.Queue(fd); return n > 0 })
	conn, _, err := unix.Accept(fd)
	testkit.NoError(p.t, err)
	defer unix.Close(conn)
	return testkit.Must(unix.GetsockoptUcred(conn, unix.SOL_SOCKET, unix.SO_PEERCRED))(p.t)
}

// Clients of an activator's path wait in its socket until a generation serves, each gets to the one that serves, and
// who waits at a dead one is passed on. The file stays, and at the end clients wait for the next hotswap.
func TestPassedPath(t *testing.T) {
	p := newPasses(t)
	before := testkit.Must(os.Stat(p.e.Path))(t)
	p.client()
	one := p.starts(1)
	if name, _ := unix.Getsockname(one); os.Getuid() == 0 && name.(*unix.SockaddrUnix).Name != p.e.Path {
		t.Errorf("the program finds %+v", name)
	}
	if n, _ := unixpath.Queue(one); n > 0 {
		t.Error("a client gets to a generation that does not serve")
	}
	p.cutover(1)
	p.gets(one)
	two := p.starts(2)
	p.client()
	p.gets(one)
	p.cutover(2)
	p.client()
	await(t, "a client", func() bool { n, _ := unixpath.Queue(two); return n > 0 })
	p.cutover(1) // a rollback
	p.r.GenerationEnded(2)
	p.gets(one)
	p.client()
	p.gets(one)
	three := p.starts(3)
	p.cutover(3)
	p.r.GenerationEnded(1)
	p.client()
	p.gets(three)
	if !p.r.HandBack(3) {
		t.Error("not handed back")
	}
	p.client()
	p.r.GenerationEnded(3)
	if after := testkit.Must(os.Stat(p.e.Path))(t); !os.SameFile(before, after) || after.Mode() != before.Mode() {
		t.Errorf("%v is %v", before, after)
	}
	queue := p.r.groups[p.e].queue.fd
	await(t, "the client of the next hotswap", func() bool { n, _ := unixpath.Queue(queue); return n > 0 })
	p.r.Close()
	if after := testkit.Must(os.Stat(p.e.Path))(t); !os.SameFile(before, after) {
		t.Error("the file is another")
	}
}

// While clients are parked they wait, and get to the generation that comes next.
func TestParkedAtAPassedPath(t *testing.T) {
	p := newPasses(t)
	p.starts(1)
	p.cutover(1)
	if parked, err := p.r.QueueConnections(1); !parked || err != nil {
		t.Fatal(parked, err)
	}
	p.client()
	p.r.GenerationEnded(1)
	two := p.starts(2)
	p.cutover(2)
	p.gets(two)
}

// A path whose socket could not be duplicated is tried again.
func TestPassedPathTriedAgain(t *testing.T) {
	p := adopted(t)
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	g := p.r.groups[p.e]
	fd := g.queue.fd
	g.queue.fd = -1
	if p.r.startPassing(ctx, &all, nil) {
		t.Error("nobody passes on, and hotswap is content")
	}
	g.queue.fd = fd
	if !p.r.startPassing(ctx, &all, nil) || g.recheck == nil {
		t.Error("not tried again")
	}
}

// A program that asks finds the client's user.
func TestUserOfAPassedClient(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("NOT TESTED: only root may become another user")
	}
	p := newPasses(t)
	one := p.starts(1)
	p.cutover(1)
	thread.Own(func() {
		// Package unix would change all threads.
		_, _, _ = unix.RawSyscall(unix.SYS_SETRESGID, ^uintptr(0), 54321, ^uintptr(0))
		_, _, _ = unix.RawSyscall(unix.SYS_SETRESUID, ^uintptr(0), 12345, ^uintptr(0))
		p.client()
	})
	if os.Geteuid() != 0 {
		t.Fatal("the whole process has become the client's user")
	}
	if user := p.gets(one); user.Uid != 12345 || user.Gid != 54321 || user.Pid != int32(os.Getpid()) {
		t.Errorf("%+v", user)
	}
}
