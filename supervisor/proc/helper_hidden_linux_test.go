package proc

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// hide is a wrapper and another process below it that may not be traced, so that
// /proc shows it to nobody but root where that is mounted with hidepid. Both leave the
// program's group and catch signals.
func helperHide(args []string) {
	if len(args) == 0 {
		helperForkAway([]string{"hide", "wrapper"})
		return
	}
	if args[0] == "wrapper" {
		helperForkAway([]string{"hide", "server"})
		helperCatch(nil)
	}
	must(unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0))
	helperCatch(nil)
}

// hidden is a hotswap of an ordinary user in a pid namespace of its own, whose /proc is
// mounted with hidepid. It says what the processes of its program hear.
func helperHidden(args []string) {
	if len(args) == 0 {
		must(unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
		if err := unix.Mount("proc", "/proc", "proc", 0, "hidepid=2"); err != nil {
			say("skip:", err)
			return
		}
		cmd := exec.Command(self, "helper:hidden", "user")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		must(cmd.Run())
		return
	}
	out, w, err := os.Pipe()
	must(err)
	p, err := Start(Spec{
		Argv: []string{self, "helper:hide"}, Env: os.Environ(), Stdio: [3]int{0, int(w.Fd()), 2}, Title: "test",
	})
	must(err)
	must(w.Close())
	lines := bufio.NewScanner(out)
	for range 2 {
		var pid int
		if !lines.Scan() {
			must(errors.New("the program is dead"))
		}
		if _, err := fmt.Sscanf(lines.Text(), "catch %d", &pid); err != nil {
			must(fmt.Errorf("%q: %w", lines.Text(), err))
		}
		_, err := os.Stat("/proc/" + strconv.Itoa(pid))
		say("shown", err == nil)
	}
	<-p.Exited()
	must(p.Signal(syscall.SIGTERM))
	for range 2 {
		lines.Scan()
		say(lines.Text())
	}
	must(p.Kill())
	<-p.Gone()
	say("gone")
}
