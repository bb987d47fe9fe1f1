package changes

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/fdtable"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// installer returns the name of a process that installs packages into a folder, or "". own says that the process is below this
// one. proc(5) does not show the working directories of other users' processes.
func installer(folder string) (name string, own bool) {
	all, _ := fdtable.Processes()
	for _, pid := range all {
		if pid == os.Getpid() {
			continue
		}
		at := "/proc/" + strconv.Itoa(pid)
		cmdline, _ := os.ReadFile(at + "/cmdline")
		command := installing(strings.Split(strings.TrimRight(string(cmdline), "\x00"), "\x00"))
		if command == "" {
			continue
		}
		if dir, err := os.Readlink(at + "/cwd"); err == nil && concerns(dir, folder) {
			return fmt.Sprintf("%s (process %d)", command, pid), slices.Contains(proc.Descendants(os.Getpid()), pid)
		}
	}
	return "", false
}
