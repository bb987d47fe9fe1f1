package direct

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// facts are what a process has from the one that started it, besides its arguments, environment and folder, and what the known
// launchers could change: npm runs the scripts of a folder's owner as that user.
type facts struct {
	values map[string]string // by the names of proc(5), and what descriptors 0 to 2 lead to
	age    time.Duration
}

// given is in what the command's first process may differ from the keeper, as by the keeper's filter.
var given = []string{"descriptor 0", "descriptor 1", "descriptor 2", "Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Seccomp_filters"}

// look reads what proc(5) has of a process.
func look(pid int) (f facts, err error) {
	dir := procfs.Of(pid)
	status, err := dir.Read("status")
	stat, err2 := dir.Stat()
	if err := cmp.Or(err, err2); err != nil {
		return f, err
	}
	f.values = map[string]string{"root": dir.Link("root")}
	for _, name := range []string{"cgroup", "attr/current"} { // which not every kernel has
		b, _ := dir.Read(name)
		f.values[name] = string(b)
	}
	for line := range strings.Lines(string(status)) {
		if name, value, _ := strings.Cut(line, ":"); slices.Contains(given, name) || name == "Umask" {
			f.values[name] = strings.TrimSpace(value)
		}
	}
	for _, file := range standby.Entries(dir.Path("ns"), "") {
		f.values[filepath.Base(file)+" namespace"], _ = os.Readlink(file)
	}
	for _, n := range []string{"0", "1", "2"} {
		f.values["descriptor "+n] = dir.Link("fd/" + n)
	}
	f.age = time.Duration(procfs.Ticks()-stat.Number(22)) * 10 * time.Millisecond
	return f, nil
}

// differs says what the program has from its launchers that a process directly below the keeper would not have. first is the
// command's process.
func differs(keeper, first, program facts) error {
	for _, name := range slices.Sorted(maps.Keys(program.values)) {
		switch value := program.values[name]; {
		case slices.Contains(given, name) && value != first.values[name]:
			return fmt.Errorf("the program's %s is not the command's (proc(5))", name)
		case !slices.Contains(given, name) && value != keeper.values[name]:
			return fmt.Errorf("the program's %s is not hotswap's (proc(5))", name)
		}
	}
	return nil
}
