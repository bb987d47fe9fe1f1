package proc

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

func init() {
	helpers = map[string]func([]string){
		"arguments":    helperArguments,
		"reuse":        helperReuse,
		"catch":        helperCatch,
		"catch-all":    helperCatchAll,
		"census":       helperCensus,
		"exit":         helperExit,
		"fork-away":    helperForkAway,
		"hotswap":      helperHotswap,
		"ignore-term":  helperIgnoreTerm,
		"kill-self":    helperKillSelf,
		"lead-session": helperLeadSession,
		"leave-marked": helperLeaveMarked,
		"leave-stray":  helperLeaveStray,
		"leave-zombie": helperLeaveZombie,
		"pass-on":      helperPassOn,
		"serve":        helperServe,
		"replaced":     helperReplaced,
		"tree":         helperTree,
		"wait":         helperWait,
	}
}

// say writes a line in one write, for others write to the same pipe.
func say(words ...any) { _, _ = os.Stdout.WriteString(fmt.Sprintln(words...)) }

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "helper:", err)
		os.Exit(99)
	}
}

func helperArguments(args []string) { say(fmt.Sprintf("%q", args)) }

// exit ends with that code.
func helperExit(args []string) {
	code, err := strconv.Atoi(args[0])
	must(err)
	os.Exit(code)
}

// kill-self ends by that signal.
func helperKillSelf(args []string) {
	n, err := strconv.Atoi(args[0])
	must(err)
	must(unix.Kill(os.Getpid(), syscall.Signal(n)))
	time.Sleep(time.Hour) // without cgo, select {} is a deadlock
}

// wait stays until its input ends.
func helperWait([]string) {
	say("wait", os.Getpid())
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// catch says which signals it gets.
func helperCatch([]string) {
	got := make(chan os.Signal, 16)
	signal.Notify(got, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGWINCH)
	say("catch", os.Getpid())
	for sig := range got {
		say("caught", int(sig.(syscall.Signal)))
	}
}

// ignore-term can only be killed.
func helperIgnoreTerm([]string) {
	signal.Ignore(syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT)
	say("ignore-term", os.Getpid())
	time.Sleep(time.Hour) // without cgo, select {} is a deadlock
}

// fork-away leaves another helper behind: in a session of its own, its parent
// gone, its environment empty.
func helperForkAway(args []string) {
	spawn([]string{}, true, args...)
}

// spawn starts another helper.
func spawn(env []string, session bool, args ...string) *exec.Cmd {
	cmd := exec.Command(self, append([]string{"helper:" + args[0]}, args[1:]...)...)
	cmd.Env, cmd.SysProcAttr = env, &syscall.SysProcAttr{Setsid: session}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	must(cmd.Start())
	return cmd
}

// catch-all is three processes that catch: itself, one in its group and one
// that has left it.
func helperCatchAll([]string) {
	spawn(nil, false, "catch")
	helperForkAway([]string{"catch"})
	helperCatch(nil)
}

// pass-on is a wrapper around another helper that forwards signals to it, and
// leaves with it, or when it is told to end a second time.
func helperPassOn(args []string) {
	got := make(chan os.Signal, 16)
	signal.Notify(got, syscall.SIGTERM)
	cmd := spawn(nil, false, args...)
	go func() {
		for sig := range got {
			say("passed", int(sig.(syscall.Signal)))
			_ = cmd.Process.Signal(sig)
		}
	}()
	cmd.Wait()
}

// tree has a child that ignores signals, one that it no longer knows of, and
// waits.
func helperTree([]string) {
	spawn(nil, false, "catch")
	must(spawn(nil, false, "fork-away", "ignore-term").Wait())
	helperWait(nil)
}

// leave-stray ends, and leaves one behind that ignores signals.
func helperLeaveStray([]string) { helperForkAway([]string{"ignore-term"}) }

// leave-marked does so too, and its stray has the environment.
func helperLeaveMarked([]string) { spawn(nil, true, "ignore-term") }

// lead-session leaves its group and session, with a child in a third group:
// so no group has the number that hotswap was told. A process group's leader
// may not do so itself, as daemons know.
func helperLeadSession([]string) {
	spawn(nil, true, "ignore-term")
	spawn(nil, true, "ignore-term")
	time.Sleep(time.Hour) // without cgo, select {} is a deadlock
}

// leave-zombie ends with a child that has ended, but was not waited for.
func helperLeaveZombie([]string) {
	pid := spawn(nil, false, "exit", "0").Process.Pid
	must(unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil))
}

// facts are what a program can tell of itself.
type facts struct {
	PID, PGID, PPID int
	Dir             string
	Env             []string
	FDs             map[int]string // inherited descriptors and what they are
}

// census tells which descriptors the program was given. What its own runtime
// opened has the close-on-exec flag, what came through exec cannot.
func helperCensus([]string) {
	dir, err := os.Getwd()
	must(err)
	f := facts{Dir: dir, PID: os.Getpid(), PGID: unix.Getpgrp(), PPID: os.Getppid(), Env: os.Environ(),
		FDs: map[int]string{}}
	for fd := range 1024 {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err == nil && flags&unix.FD_CLOEXEC == 0 {
			f.FDs[fd], _ = os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
		}
	}
	b, err := json.Marshal(f)
	must(err)
	say(string(b))
}

// hotswap plays the supervisor: it runs the helper that args name, as
// subreaper or not, says the keeper's process id, when the program has exited,
// and at the end how, and how many processes are left below.
func helperHotswap(args []string) {
	if args[0] == "subreaper" {
		BecomeSubreaper("")
	}
	spec := Spec{
		Launch: handoff.Launch{Argv: append([]string{self}, "helper:"+args[1]), Env: os.Environ()},
		Stdio:  [3]int{0, 1, 2}, Title: "test",
	}
	p, err := Start(spec)
	must(err)
	say("keeper", p.keeper.pid)
	exit := <-p.Exited()
	if exit.Left > 0 {
		say("exited", p.PID())
	}
	<-p.Gone()
	say("gone", strings.ReplaceAll(exit.String(), " ", "-"), len(Descendants(os.Getpid())))
}

// replaced is a hotswap whose binary has been removed while it ran, as by an
// upgrade.
func helperReplaced([]string) {
	path, err := os.Executable()
	must(err)
	must(os.Remove(path))
	p, err := Start(Spec{
		Launch: handoff.Launch{Argv: []string{"/bin/sh", "-c", "echo $$ $LISTEN_PID"}, Env: os.Environ(),
			ListenPID: true},
		Stdio: [3]int{0, 1, 2}, Title: "test",
	})
	must(err)
	<-p.Gone()
}
