package proc

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

// stranger is a process that is none of ours, and says what it hears.
type stranger struct {
	*exec.Cmd
	out *bufio.Scanner
}

// bear starts a stranger that has that number, in a process group of its own. A process
// or a thread that begins meanwhile may be given the number, and a thread keeps it.
func bear(pid int) (s stranger, ok bool) {
	for range 10 {
		must(os.WriteFile("/proc/sys/kernel/ns_last_pid", []byte(strconv.Itoa(pid-1)), 0)) // pid_namespaces(7)
		cmd := exec.Command(self, "helper:catch")
		cmd.Stderr, cmd.SysProcAttr = os.Stderr, &syscall.SysProcAttr{Setpgid: true}
		out, err := cmd.StdoutPipe()
		must(err)
		must(cmd.Start())
		if cmd.Process.Pid == pid {
			s := stranger{cmd, bufio.NewScanner(out)}
			s.line() // that it is ready
			return s, true
		}
		cmd.Process.Kill()
		cmd.Wait()
	}
	return s, false
}

func (s stranger) line() string {
	if !s.out.Scan() {
		return "it is dead"
	}
	return s.out.Text()
}

// unharmed says what the stranger has heard before a signal that is meant for it.
func (s stranger) unharmed(by string) {
	if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.Process.Pid)); err == nil &&
		bytes.Contains(stat, []byte(") T ")) {
		say(by, "the stranger is stopped")
		return
	}
	_ = s.Process.Signal(syscall.SIGHUP)
	if got := s.line(); got != "caught 1" {
		say(by, "the stranger:", got)
		return
	}
	say(by, "unharmed")
}

// reuse is a hotswap in a pid namespace of its own, whose launcher has ended and left
// its server, and whose number is a stranger's by now.
func helperReuse([]string) {
	must(unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
	must(unix.Mount("proc", "/proc", "proc", 0, ""))
	if _, err := os.Stat("/proc/sys/kernel/ns_last_pid"); err != nil {
		say("skip:", err)
		return
	}
	for tries := 0; !reusedLauncher(); tries++ {
		if tries == 50 {
			must(errors.New("nobody gets the number"))
		}
	}
}

// reusedLauncher is false if no stranger got the number.
func reusedLauncher() bool {
	out, w, err := os.Pipe()
	must(err)
	defer out.Close()
	p, err := Start(Spec{
		Launch: handoff.Launch{Argv: []string{self, "helper:fork-away", "catch"}, Env: os.Environ()},
		Stdio:  [3]int{0, int(w.Fd()), 2}, Title: "test",
	})
	must(err)
	must(w.Close())
	stray := bufio.NewScanner(out)
	heard := func(want string) {
		if !stray.Scan() || !strings.HasPrefix(stray.Text(), want) {
			must(fmt.Errorf("the server: %q, want %q", stray.Text(), want))
		}
	}
	heard("catch")
	if exit := <-p.Exited(); exit.Left != 1 {
		must(fmt.Errorf("%+v", exit))
	}
	s, ok := bear(p.PID())
	if ok {
		must(p.Signal(syscall.SIGTERM))
		heard("caught 15")
		s.unharmed("stop")
		must(p.Signal(syscall.SIGTSTP)) // orders are carried out one after the other
		must(p.Signal(syscall.SIGWINCH))
		heard("caught 28")
		s.unharmed("Ctrl-Z")
	}
	must(p.Kill())
	<-p.Gone()
	if ok {
		s.unharmed("kill")
	}
	return ok
}
