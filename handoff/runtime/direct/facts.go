package direct

import (
	"os"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// inherited are the lines of proc_pid_status(5) that count.
var inherited = strings.Fields(
	"Umask Uid Gid Groups CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp Seccomp_filters")

// readFacts returns what a process has from the one that started it, besides its arguments, environment and folder, in
// proc(5). npm runs the scripts of a folder's owner as that user, and a shell redirects. The rest is a second fence: a
// sandbox is no known launcher.
func readFacts(pid int) (has string, err error) {
	dir := procfs.Of(pid)
	status, err := dir.Read("status")
	for line := range strings.Lines(string(status)) {
		if name, _, _ := strings.Cut(line, ":"); slices.Contains(inherited, name) {
			has += line
		}
	}
	for _, link := range append(standby.Entries(dir.Path("ns"), ""), dir.Path("root"), dir.FD(0), dir.FD(1),
		dir.FD(2)) {
		to, _ := os.Readlink(link)
		has += to + "\n"
	}
	cgroup, _ := dir.Read("cgroup")
	return has + string(cgroup), err
}
