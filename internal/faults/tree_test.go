//go:build linux

package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// process is one of a scene: hotswap (generation 0), a keeper, or of the
// program.
type process struct {
	pid, parent int
	state       byte // as in proc_pid_stat(5)
	gen         int
	keeper      bool
	cmd         string
}

func (p process) String() string {
	return fmt.Sprintf("%d below %d, generation %d, %c, %q", p.pid, p.parent, p.gen, p.state, p.cmd)
}

// processes finds those whose environment has the marker, whoever is their
// parent, and the zombies below them.
func processes(marker string) (out []process) {
	known := map[int]bool{}
	var zombies []process
	all, _ := procfs.Processes()
	for _, pid := range all {
		stat, err := procfs.Of(pid).Stat()
		if err != nil {
			continue // gone meanwhile
		}
		p := process{pid: pid, parent: int(stat.Number(4)), state: stat.State()}
		if p.state == 'Z' {
			zombies = append(zombies, p)
			continue
		}
		mine := false
		for _, v := range procfs.Of(pid).Words("environ") {
			name, value, _ := strings.Cut(v, "=")
			switch name {
			case envRequestLog:
				mine = value == marker
			case "HOTSWAP_GENERATION":
				p.gen, _ = strconv.Atoi(value)
			case "HOTSWAP_KEEPER":
				p.keeper = true
			}
		}
		if !mine {
			continue
		}
		p.cmd = strings.Join(procfs.Of(pid).Words("cmdline"), " ")
		out, known[p.pid] = append(out, p), true
	}
	for _, z := range zombies {
		if known[z.parent] {
			out = append(out, z)
		}
	}
	return out
}

// inCall waits until a thread of the process is inside a system call.
func inCall(t *testing.T, pid int, call uintptr) {
	t.Helper()
	want := strconv.Itoa(int(call)) + " "
	testkit.Eventually(t, func() error {
		files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/syscall", pid))
		for _, file := range files {
			if b, _ := os.ReadFile(file); strings.HasPrefix(string(b), want) {
				return nil
			}
		}
		return fmt.Errorf("process %d is not in system call %d", pid, call)
	})
}

// descriptors lists a process's open files, one line each.
func descriptors(t *testing.T, pid int) []string {
	t.Helper()
	entries := testkit.Must(os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid)))(t)
	var out []string
	for _, e := range entries {
		if to, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", pid, e.Name())); err == nil {
			out = append(out, e.Name()+" "+to)
		}
	}
	return out
}
