//go:build linux

package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Declared endpoints are inherited, not opened anew: a program that is handed
// its socket goes on being handed it.
func TestUpgradeWithListen(t *testing.T) {
	t.Parallel()
	dir := pythonProject(t, handed)
	h := start(t, options{
		dir: dir, env: []string{"PYTHONDONTWRITEBYTECODE=1", "WHICH=LISTEN_FDS_FIRST_FD"}, command: words("python3 main.py"),
		args: []string{"--no-watch", unhurried, "--probation", brief, "--listen", "127.0.0.1:$PORT"},
	})
	tr := h.under(getsOnly())
	for v := 2; v <= 3; v++ {
		save(t, filepath.Join(dir, "version.py"), v)
		h.upgradeSelf(v - 1)
		tr.swapped(v)
	}
	tr.end(t)
	if n := h.Count(is("declared")); n != 1 {
		t.Errorf("the address was opened %d times", n)
	}
}

// censusServer says which descriptors and which variables it was given.
const censusServer = `
import os, sys
given = sorted(int(fd) for fd in os.listdir("/proc/self/fd"))
given = [(fd, os.readlink("/proc/self/fd/%d" % fd)) for fd in given if os.path.exists("/proc/self/fd/%d" % fd)]
names = sorted(k for k in os.environ if k != "HOTSWAP_GENERATION")
with open("census." + os.environ["HOTSWAP_GENERATION"], "w") as f: print(given, names, file=f)
sys.argv = ["server.py"]
exec(open("server.py").read())
`

// A program that an upgraded hotswap starts, and its keeper, have what those of
// the first one had: nothing of tableflip's, no gate, no line.
func TestUpgradeLeavesNothingToPrograms(t *testing.T) {
	t.Parallel()
	dir := project(t, "python")
	write(t, filepath.Join(dir, "census.py"), censusServer)
	h := start(t, options{
		dir: dir, env: []string{"PYTHONDONTWRITEBYTECODE=1"}, args: []string{"--no-watch", "--probation", brief},
		command: []string{"python3", "-B", "census.py"},
	})
	h.Serving(1)
	keeper := keeperHas(t, h.pid())
	for n := 1; n <= 2; n++ {
		h.upgradeSelf(n)
		h.Drained(n)
		if got := keeperHas(t, h.pid()); !slices.Equal(got, keeper) {
			t.Errorf("the keeper has %v, the first one had %v", got, keeper)
		}
	}
	program := given(t, dir, 1)
	for gen := 2; gen <= 3; gen++ {
		if got := given(t, dir, gen); got != program {
			t.Errorf("generation %d has\n%s\nthe first one had\n%s", gen, got, program)
		}
	}
}

var numbers = regexp.MustCompile(`\[\d+\]`)

func given(t *testing.T, dir string, gen int) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("census.%d", gen)))
	if err != nil {
		t.Fatal(err)
	}
	return numbers.ReplaceAllString(string(b), "")
}

// keeperHas lists what hotswap's only keeper has open, without the numbers. What
// its own runtime opened is like in both.
func keeperHas(t *testing.T, hotswap int) []string {
	t.Helper()
	var keepers []int
	for pid, fd := range below(t, hotswap) {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if strings.HasPrefix(string(b), "hotswap: generation") {
			keepers = append(keepers, pid)
		}
		_ = os.NewFile(uintptr(fd), "pidfd").Close()
	}
	if len(keepers) != 1 {
		t.Fatalf("%d keepers", len(keepers))
	}
	dir := fmt.Sprintf("/proc/%d/fd", keepers[0])
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		link, _ := os.Readlink(filepath.Join(dir, e.Name()))
		out = append(out, numbers.ReplaceAllString(link, ""))
	}
	slices.Sort(out)
	return out
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
	if err != nil {
		t.Fatal(err)
	}
}
