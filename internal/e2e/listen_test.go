//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// pythonProject is examples/python with a program of testdata/python as main.py.
func pythonProject(t *testing.T, name string) string {
	t.Helper()
	dir := project(t, "python")
	write(t, filepath.Join(dir, "main.py"), program(t, "python/"+name+".py"))
	return dir
}

// hold keeps the next generation of a program in dir from accepting until it is released.
func hold(t testing.TB, dir string) (release func()) {
	t.Helper()
	held := filepath.Join(dir, "held")
	write(t, held, "")
	return func() {
		t.Helper()
		testkit.NoError(t, os.Remove(held))
	}
}

// swapsHeld swaps to version 2, which is held before it accepts, and ends the traffic. Nobody reaches the generation
// that is held: the version before answers each new connection, and hotswap does not say that the generation serves.
func (tr *traffic) swapsHeld(t *testing.T, dir, file string) {
	t.Helper()
	tr.Answers("1", 20)
	release := hold(t, dir)
	save(t, filepath.Join(dir, file), 2)
	tr.h.signal(syscall.SIGHUP)
	tr.h.Wait("it is held", e2etest.Of("held", 2))
	for range 100 {
		if p, err := pinged(tr.h.addr()); err != nil || p.Version != 1 {
			t.Fatalf("while generation 2 does not accept: %+v, %v", p, err)
		}
	}
	if tr.h.Count(e2etest.Of("serving", 2)) > 0 {
		t.Error("generation 2 serves before it accepts")
	}
	release()
	tr.swapped(2)
	tr.end(t)
}

func TestListenIsOpenBeforeTheFirstBootAndHandedOver(t *testing.T) {
	t.Parallel()
	dir := pythonProject(t, "handed")
	release := hold(t, dir)
	h := start(t, options{
		dir: dir, env: []string{"PYTHONDONTWRITEBYTECODE=1"}, command: words("python3 main.py"),
		args: []string{"--no-watch", "--probation", brief, "--listen", "127.0.0.1:$PORT"},
	})
	// Clients come while it boots: they wait, nobody is refused.
	h.Wait("it is held", e2etest.Of("held", 1))
	first := testkit.Dial(t, h.addr())
	defer first.Close()
	tr := h.load(resting(getsOnly()))
	release()
	h.Serving(1)
	tr.swapsHeld(t, dir, "version.py")
}
