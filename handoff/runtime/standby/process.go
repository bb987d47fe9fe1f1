package standby

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

var packages = lazy.Pattern(`^(npm|npx|pnpm|yarn)\b|/(node_modules/(npm|pnpm)|corepack|yarn)/`)

// Process is one of a generation's processes.
type Process struct {
	PID, PPID int
	Exe       string   // the file that it runs; "" if unknown
	Argv      []string // as it is now: a program may have put a title in its place
	Env       []string // as it began
	Dir       string
	Waited    bool      // the process has waited for a child, under this program or the one before an exec
	Faults    string    // the minor faults of those children, of which each child has some
	Output    [2]string // where descriptors 1 and 2 lead to
	Script    string    // the text of a shell's script that is a file
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

// RunsPackages reports whether a process is npm or the like, which only starts a script's command.
func (p Process) RunsPackages() bool {
	return handoff.IsNode(p.Name()) && slices.ContainsFunc(p.Argv[:min(2, len(p.Argv))], packages().MatchString)
}

// maxScript bounds what is read of a shell's script.
const maxScript = 64 << 10

// Look reads the processes in /proc (proc(5)), and leaves out those that have ended.
func Look(pids []int) ([]Process, error) {
	var out []Process
	for _, pid := range pids {
		p, err := lookAt(pid)
		if errors.Is(err, os.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func lookAt(pid int) (Process, error) {
	dir := "/proc/" + strconv.Itoa(pid)
	stat, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return Process{}, err
	}
	p, state, err := parseStat(pid, stat)
	if err != nil {
		return p, err
	}
	if state == "Z" {
		return p, os.ErrNotExist
	}
	p.Exe, _ = os.Readlink(dir + "/exe")
	p.Exe = strings.TrimSuffix(p.Exe, " (deleted)")
	p.Dir, _ = os.Readlink(dir + "/cwd")
	p.Argv = words(dir + "/cmdline")
	p.Env = words(dir + "/environ")
	for i := range p.Output {
		p.Output[i], _ = os.Readlink(dir + "/fd/" + strconv.Itoa(i+1))
	}
	if isShell(p.Name()) {
		p.Script = script(p)
	}
	return p, nil
}

// parseStat reads a line of /proc/PID/stat, proc_pid_stat(5). A child that its parent has waited for adds its minor faults, of
// which each process has some, to the parent's cminflt.
func parseStat(pid int, stat []byte) (p Process, state string, err error) {
	end := bytes.LastIndexByte(stat, ')')
	if end < 0 {
		return p, "", fmt.Errorf("stat of process %d: no name", pid)
	}
	fields := strings.Fields(string(stat[end+1:]))
	if len(fields) < 9 {
		return p, "", fmt.Errorf("stat of process %d: too short", pid)
	}
	ppid, err := strconv.Atoi(fields[1])
	return Process{PID: pid, PPID: ppid, Waited: fields[8] != "0", Faults: fields[8]}, fields[0], err
}

func words(file string) []string {
	b, _ := os.ReadFile(file)
	if len(b) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(b), "\x00"), "\x00")
}

// script returns the text of the file that a shell runs, or "".
func script(p Process) string {
	for _, arg := range p.Argv[min(1, len(p.Argv)):] {
		if strings.HasPrefix(arg, "-") {
			if strings.HasSuffix(arg, "c") && !strings.HasPrefix(arg, "--") {
				return "" // the text is an argument
			}
			continue
		}
		b, err := regular.Text(regular.Absolute(arg, p.Dir))
		if err != nil || len(b) > maxScript {
			return "> not to be read"
		}
		return string(b)
	}
	return ""
}
