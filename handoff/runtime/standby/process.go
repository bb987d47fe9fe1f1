package standby

import (
	"path/filepath"
	"regexp"
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
)

var packages = regexp.MustCompile(`^(npm|npx|pnpm|yarn)\b|/(node_modules/(npm|pnpm)|corepack|yarn)/`)

// Process is one of a generation's processes.
type Process struct {
	PID, PPID int
	Exe       string   // the file that it runs; "" if unknown
	Argv      []string // as it is now: a program may have put a title in its place
	Env       []string // as it began
	Dir       string
	// Waited is true if the process has waited for a child, under this program or the one
	// before an exec.
	Waited bool
	Faults string    // the minor faults of those children, which each of them has
	Output [2]string // where descriptors 1 and 2 lead to
	Script string    // the text of a shell's script that is a file
}

func (p Process) Name() string { return filepath.Base(p.Exe) }

func (p Process) Var(name string) string {
	for _, kv := range p.Env {
		if len(kv) > len(name) && kv[len(name)] == '=' && kv[:len(name)] == name {
			return kv[len(name)+1:]
		}
	}
	return ""
}

// RunsPackages reports whether a process is npm or the like, which only starts a script's
// command.
func (p Process) RunsPackages() bool {
	return handoff.IsNode(p.Name()) && slices.ContainsFunc(p.Argv[:min(2, len(p.Argv))], packages.MatchString)
}
