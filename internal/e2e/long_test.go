//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// saveWhole saves a version as editors do, so that nobody reads half of it.
func saveWhole(t testing.TB, file string, version int) {
	t.Helper()
	testkit.Write(t, file, fmt.Sprintf(`{"version":%d}`, version))
}

// holds returns how many descriptors hotswap has and how many processes are below it.
func (h *hotswap) holds() (descriptors, processes int) {
	fds, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", h.pid()))
	return len(fds), descendants(h.pid())
}

func descendants(pid int) (n int) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, file := range tasks {
		children, _ := os.ReadFile(file)
		for _, child := range strings.Fields(string(children)) {
			id, _ := strconv.Atoi(child)
			n += 1 + descendants(id)
		}
	}
	return n
}

// A save a second, as an agent saves: nothing is lost, the last save serves, and nothing piles up.
func TestASaveASecond(t *testing.T) {
	t.Parallel()
	last := enough(61, 21)
	dir := nodeProject(t, "")
	h := start(t, options{dir: dir, args: []string{"--probation", brief}, command: words("node server.js")})
	tr := h.under(sixteen())
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var descriptors, processes int // the most of the first saves
	for v := 2; v <= last; v++ {
		<-tick.C
		saveWhole(t, filepath.Join(dir, "version.json"), v)
		if d, p := h.holds(); v < last/3 {
			descriptors, processes = max(d, descriptors), max(p, processes)
		}
	}
	tr.Answers(strconv.Itoa(last), 50)
	tr.end(t)
	t.Logf("%d served, %d given up", h.Count(is("serving")), h.Count(is("superseded")))
	testkit.Eventually(t, func() error {
		if d, p := h.holds(); d > descriptors || p > processes {
			return fmt.Errorf("%d descriptors and %d processes after %d saves, at most %d and %d during the first", d, p, last-1, descriptors, processes)
		}
		return nil
	})
}
