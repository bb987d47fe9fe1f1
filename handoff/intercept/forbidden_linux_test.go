package intercept

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// forbidEnv has this process forbid itself pidfd_getfd(2), as container
// profiles do.
const forbidEnv = "INTERCEPT_TEST_FORBID"

// forbidPidfdGetfd installs a filter on all threads.
func forbidPidfdGetfd() {
	forbid(
		get(offNr),
		is(unix.SYS_PIDFD_GETFD, 0, 1),
		answer(unix.SECCOMP_RET_ERRNO|uint32(unix.EPERM)),
		answer(unix.SECCOMP_RET_ALLOW),
	)
}

func forbid(program ...unix.SockFilter) {
	prog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	runtime.LockOSThread() // no_new_privs is the thread's, and the filter needs it (seccomp(2), EACCES)
	defer runtime.UnlockOSThread()
	must(unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		must(errno)
	}
}

// again runs the test in a process of its own that has a variable.
func again(t *testing.T, variable string) {
	t.Helper()
	cmd := exec.Command(self, "-test.count=1", "-test.run=^"+t.Name()+"$")
	cmd.Env, cmd.Dir, cmd.WaitDelay = append(os.Environ(), variable+"=1"), "/", patience
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestWithoutPidfdGetfd: a socket that cannot be duplicated is replaced by one
// of ours. Another process plays hotswap, for a filter stays.
func TestWithoutPidfdGetfd(t *testing.T) {
	if os.Getenv(forbidEnv) == "" {
		again(t, forbidEnv)
		return
	}
	t.Run("swap", swapWithoutPidfdGetfd)
	t.Run("options", testForbiddenOptions)
	t.Run("untouched", TestUntouched)
	t.Run("declared path", testForbiddenDeclaredPath)
	t.Run("elsewhere", testForbiddenElsewhere)
	t.Run("datagrams", testForbiddenDatagrams)
	t.Run("closed", TestClosedIsFree)
}

// degraded is that the first bind says so.
func degraded(g *generation) {
	g.t.Helper()
	select {
	case e := <-g.events:
		d, ok := e.(handoff.Degraded)
		if !ok || d.Gen != g.id || d.Use == "" || !forbidden(d.Err) {
			g.t.Fatalf("told %#v, want that pidfd_getfd is forbidden", e)
		}
	default:
		g.t.Fatal("not told that pidfd_getfd is forbidden")
	}
}

func swapWithoutPidfdGetfd(t *testing.T) {
	for _, c := range []struct{ ip, kind, flags string }{
		{"127.0.0.1", "tcp4", "nonblock=false cloexec=false"},
		{"::", "tcp6 nonblock cloexec", "nonblock=true cloexec=true"},
	} {
		w := newWorld(t)
		e := endpoint(t, c.ip, false)
		for _, label := range []string{"one", "two"} {
			g := w.start("sockets")
			g.ok("socket a "+c.kind, "bind a "+e.Addr.String())
			degraded(g)
			g.gets(c.flags, "flags a")
			g.ok("listen a 5", "serve a "+label)
			g.heard(handoff.Listening{Gen: g.id, Endpoint: e})
			g.ok("socket b tcp4")
			g.gets("EADDRINUSE", "bind b", netipAt("127.0.0.1", e.Port()))
			g.quiet() // told once, though asked again
			w.cutover(g.id)
			answered(t, e, 5, label)
		}
	}
}

// What a program sets of its socket counts: it listens on both families in any order, and in several processes at one
// port.
func testForbiddenOptions(t *testing.T) {
	for _, order := range []string{"ab", "ba"} {
		w := newWorld(t)
		e6 := endpoint(t, "::", true)
		e4, port := handoff.Endpoint{Network: "tcp4", Addr: netipAt("0.0.0.0", e6.Port())}, fmt.Sprint(e6.Port())
		opens := map[rune][]string{'a': {"socket a tcp4", "bind a 0.0.0.0:" + port},
			'b': {"socket b tcp6", "set b v6only 1", "bind b [::]:" + port}}
		for _, label := range []string{"one", "two"} {
			g := w.start("sockets")
			for _, name := range order {
				g.ok(opens[name]...)
			}
			g.ok("set a reuseport 1", "listen a 5", "listen b 5", "serve b "+label, "serve a "+label, "socket c tcp4",
				"set c reuseport 1", "set c reuseport 0")
			g.gets("EADDRINUSE", "bind c 0.0.0.0:"+port)
			g.ok("set c reuseport 1", "bind c 0.0.0.0:"+port, "listen c 5", "serve c "+label+"-worker")
			w.cutover(g.id)
			answered(t, e4, 40, label, label+"-worker")
			answered(t, e6, 5, label)
		}
	}
}

// A program that binds the path of --listen gets its gate, though its own socket cannot be seen.
func testForbiddenDeclaredPath(t *testing.T) {
	w, e := newWorld(t), atPath(t, filepath.Join(t.TempDir(), "app.sock"))
	testkit.NoError(t, w.registry.Declare(e, 0))
	for _, label := range []string{"one", "two"} {
		g := w.prepare("sockets")
		_, _, err := w.registry.AssignDeclared(g.id)
		testkit.NoError(t, err)
		g.run()
		g.ok("unlink " + e.Path)
		g.bindsUnix("a", e.Path, "ok")
		g.ok("listen a 5", "serve a "+label)
		w.cutover(g.id)
		unixAnswered(t, e.Path, label)
	}
}
