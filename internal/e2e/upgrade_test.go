//go:build linux

package e2e

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// pythonProject is examples/python with a program of testdata/python as main.py.
func pythonProject(t *testing.T, name string) string {
	t.Helper()
	dir := project(t, "python")
	write(t, filepath.Join(dir, "main.py"), program(t, "python/"+name+".py"))
	return dir
}

// hotswap upgrades itself twice in a row, each time with a newer program,
// and nobody notices; then it is hotswap as ever.
func TestUpgradeTwice(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := filepath.Join(dir, "server")
	buildGoServer(t, program, 1)
	h := start(t, options{dir: dir, args: []string{"--no-watch", "--probation", brief}, command: []string{program, "-addr", "127.0.0.1:$PORT"}})
	tr := h.under(resting(sixteen()))
	for v := 2; v <= 3; v++ {
		buildGoServer(t, program, v)
		parent := h.upgradeSelf(v - 1)
		tr.swapped(v)
		if parent != nil {
			parent.gone(t)
		} else {
			h.exits(0)
		}
	}
	buildGoServer(t, program, 4)
	h.signal(syscall.SIGHUP)
	tr.swapped(4)
	tr.end(t)
	h.killedNone()

	processes := below(t, h.pid())
	h.signal(syscall.SIGTERM)
	h.child.gone(t)
	h.child = nil
	ended(t, processes)
	refused(t, h.port)
}

// What is killed in the middle of its upgrade, its program listening already,
// leaves nothing in the way.
func TestUpgradeThatIsKilled(t *testing.T) {
	t.Parallel()
	dir, two := pythonProject(t, "two_ports"), freePort(t)
	h := start(t, options{
		dir: dir, env: []string{"PYTHONDONTWRITEBYTECODE=1", "TWO=" + two},
		args: []string{"--no-watch", "--probation", brief}, command: words("python3 main.py"),
	})
	h.Wait("the second endpoint", is("listening"))
	tr := h.load(resting(getsOnly()), h.addr(), "127.0.0.1:"+two)
	tr.Answers("1", 50)
	write(t, filepath.Join(dir, "half"), "")
	h.signal(syscall.SIGUSR2)
	boot := h.Wait("the child boots", is("upgrade-boot"))
	h.Wait("its program listens at the first port", is("half"))
	testkit.NoError(t, syscall.Kill(boot.PID, syscall.SIGKILL))
	h.Wait("upgrade failed", is("upgrade-failed"))
	tr.More(100)
	testkit.NoError(t, os.Remove(filepath.Join(dir, "half")))
	save(t, filepath.Join(dir, "version.py"), 2)
	h.signal(syscall.SIGHUP)
	h.Serving(3) // the upgrade had a number too
	tr.Answers("2", 50)
	h.Drained(1)
	// Both endpoints change hands at once when it succeeds.
	save(t, filepath.Join(dir, "version.py"), 3)
	h.upgradeSelf(1)
	if l := h.Serving(4); len(strings.Fields(l.Endpoints)) != 2 {
		t.Errorf("the child served %s first", l.Endpoints)
	}
	tr.Answers("3", 50)
	tr.end(t)
}

func TestStopDuringAnUpgrade(t *testing.T) {
	t.Parallel()
	h, _, _ := heldUpgrade(t)
	processes := below(t, h.pid())
	if boot := h.Wait("the child boots", is("upgrade-boot")); processes[boot.PID] == 0 {
		t.Fatalf("process %d is not below hotswap", boot.PID)
	}
	h.signal(syscall.SIGTERM)
	h.exits(0)
	ended(t, processes)
	refused(t, h.port)
	if n := h.Count(func(l line) bool { return l.Event == "upgraded" || l.Event == "upgrade-failed" }); n > 0 {
		t.Error("an upgrade that nobody wants any more was told of")
	}
}

// The parent's program crashes while the child boots, which serves the client
// who waited; the parent begins nothing that gets in the way.
func TestCrashDuringAnUpgrade(t *testing.T) {
	t.Parallel()
	h, first, release := heldUpgrade(t)
	testkit.NoError(t, syscall.Kill(first.Pid, syscall.SIGKILL))
	h.Wait("the crash", is("crashed"))
	release()
	if p, err := pinged(h.addr()); err != nil || p.Pid == first.Pid {
		t.Errorf("process %d answers, %v; %d is dead", p.Pid, err, first.Pid)
	}
	h.upgraded(1)
	h.exits(0)
}

// heldUpgrade upgrades a hotswap whose next generation does not boot until release is called.
func heldUpgrade(t *testing.T) (h *hotswap, first pong, release func()) {
	t.Helper()
	dir := project(t, "python")
	held := filepath.Join(t.TempDir(), "held")
	h = start(t, options{
		dir: dir, env: []string{"PYTHONDONTWRITEBYTECODE=1", "HELD=" + held}, args: []string{"--no-watch"},
		command: []string{"sh", "-c", `while [ -e "$HELD" ]; do sleep 0.05; done; exec python3 -B server.py`},
	})
	h.Serving(1)
	first, err := pinged(h.addr())
	testkit.NoError(t, err)
	write(t, held, "")
	h.signal(syscall.SIGUSR2)
	h.Wait("the child boots", is("upgrade-boot"))
	return h, first, func() {
		testkit.NoError(t, os.Remove(held))
	}
}

// refused demands that nobody listens at the port.
func refused(t *testing.T, port string) {
	t.Helper()
	if conn, err := net.Dial("tcp4", "127.0.0.1:"+port); err == nil {
		conn.Close()
		t.Errorf("port %s is still served", port)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o755)
	}
	testkit.NoError(t, err)
}
