//go:build linux

package faults

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// strangerPoints are about processes that are none of hotswap's, and look so.
func strangerPoints() []point {
	return []point{
		{step: "serving", victim: "hotswap and keeper", fault: "SIGKILL; strangers have the program's environment", run: environmentCopied},
	}
}

// stranger is a shell that tells when it gets a signal, in a process group of its own.
type stranger struct {
	cmd *exec.Cmd
	in  io.Closer
	out *bufio.Reader
}

// listens is the shell's program: it reads a line, takes it for a variable of its
// environment, which takes execve(2), and waits for the end of its input.
const listens = `echo ready; read variable; exec env "$variable" sh -c 'trap "echo hit" TERM HUP; echo waits; read x; exit 0'`

// meet starts a stranger, with the variable once it has begun.
func meet(t *testing.T, flags uintptr) (*stranger, func(variable string)) {
	t.Helper()
	cmd := exec.Command("sh", "-c", listens)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Cloneflags: flags}
	in := testkit.Must(cmd.StdinPipe())(t)
	out := testkit.Must(cmd.StdoutPipe())(t)
	testkit.NoError(t, cmd.Start())
	s := &stranger{cmd: cmd, in: in, out: bufio.NewReader(out)}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	s.says(t, "ready")
	return s, func(variable string) {
		t.Helper()
		testkit.Must(fmt.Fprintln(in, variable))(t)
		s.says(t, "waits")
	}
}

func (s *stranger) says(t *testing.T, want string) {
	t.Helper()
	if line, err := s.out.ReadString('\n'); line != want+"\n" {
		t.Fatalf("the stranger says %q (%v), not %q", line, err, want)
	}
}

// unharmed wants the stranger to have heard no signal.
func (s *stranger) unharmed(t *testing.T, who string) {
	t.Helper()
	s.in.Close()
	rest, _ := io.ReadAll(s.out)
	if err := s.cmd.Wait(); err != nil || len(rest) > 0 {
		t.Errorf("%s: %v %q", who, err, rest)
	}
}

// tickPasses returns when what begins from now on has another start time
// (proc_pid_stat(5), proc_uptime(5): in hundredths of a second).
func tickPasses(t *testing.T) {
	t.Helper()
	now := func() string {
		b := testkit.Must(os.ReadFile("/proc/uptime"))(t)
		up, _, _ := strings.Cut(string(b), " ")
		return up
	}
	for begun, ticks := now(), 0; ticks < 2; {
		if up := now(); up != begun {
			begun, ticks = up, ticks+1
		}
	}
}

// environmentCopied: hotswap and its keeper are killed, so the next start ends what they
// left. Strangers have the same marker: one that was there before, and one of a
// container.
func environmentCopied(t *testing.T) *result {
	strangers := map[string]*stranger{}
	begins := map[string]func(string){}
	join := func(who string, flags uintptr) { strangers[who], begins[who] = meet(t, flags) }
	join("who was there before", 0)
	tickPasses(t)
	s := begin(t, setting{})
	if os.Geteuid() == 0 {
		join("who is in a container", syscall.CLONE_NEWPID)
	}
	m := stepOf("serving").reach(s)
	keeper, _ := m.find(oldKeeper)
	environ := testkit.Must(os.ReadFile(fmt.Sprintf("/proc/%d/environ", m.old)))(t)
	marker := ""
	for variable := range strings.SplitSeq(string(environ), "\x00") {
		if strings.HasPrefix(variable, "HOTSWAP_RUN=") {
			marker = variable
		}
	}
	for _, begin := range begins {
		begin(marker)
	}
	s.killWith(keeper)
	<-s.h.Done
	s.stopLoad()
	s.cut, s.kills = false, nil
	s.start()
	s.h.Wait("the end of what was left", func(l e2etest.Line) bool { return l.Event == "leftovers" })
	s.underLoad(1)
	for who, other := range strangers {
		other.unharmed(t, who)
	}
	return s.endsWell()
}
