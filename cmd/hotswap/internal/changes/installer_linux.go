package changes

import (
	"fmt"
	"os"
	"slices"

	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// installer returns the name of a process that installs packages into a folder, or "". own says that the process is below this
// one. proc(5) does not show the working directories of other users' processes.
func installer(folder string) (name string, own bool) {
	all, _ := procfs.Processes()
	for _, pid := range all {
		if pid == os.Getpid() {
			continue
		}
		command := installing(procfs.Of(pid).Words("cmdline"))
		if command == "" {
			continue
		}
		if dir := procfs.Of(pid).Link("cwd"); dir != "" && concerns(dir, folder) {
			return fmt.Sprintf("%s (process %d)", command, pid), slices.Contains(proc.Descendants(os.Getpid()), pid)
		}
	}
	return "", false
}
