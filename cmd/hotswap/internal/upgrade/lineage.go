package upgrade

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff/readiness"
)

// starter is the process that started this one, if that lived so long.
var starter = os.Getppid()

// lineage is what is known of the process above this one. An upgrade changes the process id: who waits for the end of this
// process, as tini, supervisord, runsv and scripts do, would take the upgrade for that end.
type lineage struct {
	pid, parent, starter int
	child                bool   // of an upgrade: its starter was a hotswap
	manager              string // the socket of a service manager, which hears of the new process id; "": there is none
	managed              string // the process that systemd started, of which this one may be a descendant; "": not known
	systemd              bool   // process 1 is systemd
	job                  bool   // the parent gave this process a process group of its own, at one terminal
}

// look returns this process's lineage.
func look(child bool) lineage {
	l := lineage{
		pid: os.Getpid(), parent: os.Getppid(), starter: starter, child: child,
		manager: os.Getenv(readiness.NotifySocket), managed: os.Getenv("SYSTEMD_EXEC_PID"), // systemd.exec(5)
	}
	_, err := os.Stat("/run/systemd/system") // sd_booted(3)
	l.systemd = err == nil
	tty, err := os.Open("/dev/tty")
	if err == nil {
		_ = tty.Close()
		group, _ := unix.Getpgid(l.parent)
		session, _ := unix.Getsid(l.parent)
		own, _ := unix.Getsid(0)
		l.job = group != unix.Getpgrp() && session == own
	}
	return l
}

// awaited reports whether the parent may wait for the end of this process, and does not hear of another.
func (l lineage) awaited() bool {
	switch {
	case l.child, l.parent != l.starter: // whoever started it has ended
		return false
	case l.manager != "" && (l.managed == "" || l.managed == strconv.Itoa(l.pid)):
		return false
	case l.parent == 1: // a process that systemd has adopted before this one could see that
		return !l.systemd || l.managed == strconv.Itoa(l.pid)
	}
	return !l.job // an interactive shell only shows its prompt again
}

// refusal returns an error if the parent waits.
func (l lineage) refusal() error {
	if !l.awaited() {
		return nil
	}
	name, _ := os.ReadFile("/proc/" + strconv.Itoa(l.parent) + "/comm") // the kernel's 15 bytes at most
	return fmt.Errorf("process %d (%q) started hotswap and would take its new process id for its end: stop hotswap and start the new one", l.parent, strings.TrimSpace(string(name)))
}
