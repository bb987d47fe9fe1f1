package proc

import (
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// listener is a listening socket of package net, and a duplicate to pass on.
// Not File(): exec would switch that description to blocking.
func listener(t *testing.T) (net.Listener, int) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	testkit.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	dup := -1
	control(t, l, func(fd uintptr) { dup, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) })
	testkit.NoError(t, err)
	t.Cleanup(func() { unix.Close(dup) })
	return l, dup
}

func control(t *testing.T, l net.Listener, f func(fd uintptr)) {
	t.Helper()
	raw, err := l.(syscall.Conn).SyscallConn()
	if err == nil {
		err = raw.Control(f)
	}
	testkit.NoError(t, err)
}

func link(fd int) string {
	s, _ := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	return s
}

func TestDescriptorsOfTheProgram(t *testing.T) {
	_, a := listener(t)
	_, b := listener(t)
	above := inherited(t)
	for name, listenPID := range map[string]bool{"executed by the keeper": false, "executed by the shim": true} {
		t.Run(name, func(t *testing.T) {
			c := start(t, func(s *Spec) {
				s.Files = []handoff.Inherit{{FD: a, At: 3}, {FD: b, At: 4}, {FD: a, At: 200}}
				s.ListenPID = listenPID
			}, "census")
			f := census(t, c)
			for _, fd := range above {
				delete(f.FDs, fd)
			}
			if got := slices.Sorted(maps.Keys(f.FDs)); !slices.Equal(got, []int{0, 1, 2, 3, 4, 200}) {
				t.Fatalf("descriptors %v", f.FDs)
			}
			if f.FDs[3] != link(a) || f.FDs[200] != link(a) || f.FDs[4] != link(b) {
				t.Errorf("%v, want %s at 3 and 200, %s at 4", f.FDs, link(a), link(b))
			}
		})
	}
	c := start(t, nil, "census")
	if f := census(t, c); len(f.FDs) != 3+len(above) {
		t.Errorf("descriptors %v, want the standard ones", f.FDs)
	}
}

// Nor does anything else that we start get what is ours or a program's; and
// the keeper does not hold a socket open that everybody else has closed.
func TestDescriptorsOfTheKeeper(t *testing.T) {
	_, a := listener(t)
	c := start(t, func(s *Spec) { s.Files = []handoff.Inherit{{FD: a, At: 3}, {FD: a, At: 200}} }, "wait")
	c.ready("wait")
	above := inherited(t)
	for fd, f := range descriptors(t, c.keeper.pid) {
		if fd > 2 && !f.closeOnExec && !slices.Contains(above, fd) {
			t.Errorf("%d (%s) of the keeper's would be inherited", fd, f.link)
		}
		if f.link == link(a) {
			t.Errorf("the keeper still has the program's socket at %d", fd)
		}
	}
}

// atStart is the descriptors that this process was given by its own parent: a
// make's or a shell's, which any program below gets too, as it would without
// us.
var atStart = func() (out []int) {
	for fd := range 1024 {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err == nil && flags&unix.FD_CLOEXEC == 0 && fd > 2 {
			out = append(out, fd)
		}
	}
	return out
}()

// inherited are those, when nothing else of ours lacks the flag.
func inherited(t *testing.T) []int {
	t.Helper()
	for fd, f := range descriptors(t, os.Getpid()) {
		if fd > 2 && !f.closeOnExec && !slices.Contains(atStart, fd) {
			t.Errorf("%d (%s) of ours would be inherited", fd, f.link)
		}
	}
	return atStart
}

type descriptor struct {
	link        string
	closeOnExec bool
}

func descriptors(t *testing.T, pid int) map[int]descriptor {
	t.Helper()
	dir := "/proc/" + strconv.Itoa(pid)
	names, err := os.ReadDir(dir + "/fd")
	testkit.NoError(t, err)
	out := map[int]descriptor{}
	for _, name := range names {
		fd, _ := strconv.Atoi(name.Name())
		info, err := os.ReadFile(filepath.Join(dir, "fdinfo", name.Name()))
		if err != nil {
			continue // the directory's own
		}
		_, rest, _ := strings.Cut(string(info), "flags:")
		flags, _ := strconv.ParseUint(strings.Fields(rest)[0], 8, 64)
		l, _ := os.Readlink(filepath.Join(dir, "fd", name.Name()))
		out[fd] = descriptor{l, flags&unix.O_CLOEXEC != 0}
	}
	return out
}

// STYLE, 'Facts' 1: the flag belongs to the open file description, and so to
// the generation that accepts from it at this moment.
func TestPassedListenerStaysNonBlocking(t *testing.T) {
	l, dup := listener(t)
	nonblock := func() (is bool) {
		control(t, l, func(fd uintptr) {
			flags, err := unix.FcntlInt(fd, unix.F_GETFL, 0)
			is = err == nil && flags&unix.O_NONBLOCK != 0
		})
		return is
	}
	if !nonblock() {
		t.Fatal("package net made it blocking")
	}
	for range 3 {
		c := start(t, func(s *Spec) { s.Files = []handoff.Inherit{{FD: dup, At: 3}} }, "census")
		c.line()
		c.gone()
		if !nonblock() {
			t.Fatal("its parent would block in accept(2)")
		}
	}
}

// An upgrade replaces hotswap's file while it runs: what it executes of
// itself must not be looked up by name.
func TestOurBinaryMayBeReplacedMeanwhile(t *testing.T) {
	binary, err := os.ReadFile(self)
	testkit.NoError(t, err)
	path := filepath.Join(t.TempDir(), "hotswap")
	testkit.NoError(t, os.WriteFile(path, binary, 0o755))
	argv := helper("replaced")
	c, err := try(t, nil, append([]string{path}, argv[1:]...)...)
	testkit.NoError(t, err)
	got := strings.Fields(c.line())
	if len(got) != 2 || got[0] != got[1] {
		t.Errorf("process and LISTEN_PID: %q", got)
	}
}
