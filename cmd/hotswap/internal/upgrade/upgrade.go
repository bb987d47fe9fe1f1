package upgrade

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cloudflare/tableflip"
	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/terminal"
	"github.com/hotswap-dev/hotswap/handoff/readiness"
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

const (
	// childEnv marks the child. tableflipEnv cannot: a program that uses tableflip itself and starts hotswap leaves
	// that variable in the environment. hotswap leaves it to no program.
	childEnv, tableflipEnv = "HOTSWAP_UPGRADES", "TABLEFLIP_HAS_PARENT_7DIU3"
)

type Upgrade struct {
	IsChild bool      // a parent started this process, even if that parent has ended
	Since   time.Time // of a child: files that have changed since then are its own
	Config            // is set before the supervisor runs, and constant then

	flip *tableflip.Upgrader
	*permit
	request  chan os.Signal   // SIGUSR2
	stopping atomic.Bool      // hotswap is told to stop
	left     map[string]share // by the parent, until Inherit

	// The supervisor's loop owns these.
	parent *net.UnixConn // nil: there is no parent, or the parent knows that this child serves
	gaveUp bool
}

type Config struct {
	Parts       []Part // in the order in which they are frozen
	Reporter    reporter
	Supervisor  *supervisor.Supervisor
	Pending     func() string // names what a rule has yet to do, or ""
	Refusal     func() error  // returns why no upgrade is possible, or nil
	ParentEnded func()        // is called when no parent runs any more
}

// Spoil lets parts fail in tests.
var Spoil = func([]Part) {}

type reporter interface {
	UpgradeWaits(what string)
	Upgrading()
	UpgradeBoots(pid int)
	UpgradeFailed(error)
}

// New returns the upgrade of this process and reads what the parent left, if there is a
// parent. It must come before the first fork, because tableflip leaves two descriptors
// open across exec. The child's generation may take readyTimeout to serve.
func New(readyTimeout time.Duration) (*Upgrade, error) {
	u := &Upgrade{request: make(chan os.Signal, 1), permit: newPermit()}
	signal.Notify(u.request, syscall.SIGUSR2)
	_, u.IsChild = os.LookupEnv(childEnv)
	os.Unsetenv(childEnv)
	if u.IsChild {
		u.had <- struct{}{} // until it serves
	} else {
		os.Unsetenv(tableflipEnv)
	}
	var err error
	u.flip, err = tableflip.New(tableflip.Options{UpgradeTimeout: readyTimeout + wait.Work})
	if err != nil || !u.IsChild {
		return u, err
	}
	os.Unsetenv(tableflipEnv)
	syscall.CloseOnExec(3) // tableflip: ready pipe
	syscall.CloseOnExec(4) // tableflip: names, then the parent's end
	err = u.receive()
	if err != nil {
		return nil, fmt.Errorf("inherit: %w", err)
	}
	return u, nil
}

// Inherit gives the parts, in their order, what those of a parent have left. What nobody takes is closed.
func (u *Upgrade) Inherit(parts []Part) (err error) {
	for _, p := range parts {
		of := u.left[p.Name]
		delete(u.left, p.Name)
		left := func(state any) []int {
			if of.State != nil && json.Unmarshal(of.State, state) != nil {
				panic(p.Name + " has another state: the socket needs another name")
			}
			return of.FDs
		}
		if p.State != nil {
			left(p.State)
		}
		if p.Inherit != nil {
			err = errors.Join(err, p.Inherit(left))
		}
	}
	for _, of := range u.left {
		closeAll(of.FDs)
	}
	return err
}

// Run upgrades hotswap at each SIGUSR2, when nothing is pending, until ctx ends or a child has taken over. In
// the latter case the parts have been released.
func (u *Upgrade) Run(ctx context.Context) {
	Spoil(u.Parts)
	defer context.AfterFunc(ctx, u.flip.Stop)()
	// An error means that the parent ended unexpectedly.
	_ = u.flip.WaitForParent(ctx)
	if ctx.Err() != nil {
		return
	}
	u.ParentEnded()
	for wait.On(ctx, u.request) == nil {
		child, err := u.try()
		if child != nil {
			u.child.Store(child)
			release(u.Parts)
			<-u.had
			return
		}
		if !u.stopping.Load() && ctx.Err() == nil {
			u.Reporter.UpgradeFailed(err)
		}
	}
}

// awaitPermit waits until nothing is pending, and starts an upgrade then. This hotswap has noticed every save before
// since; the child finds later saves by comparing files. An error says why no upgrade is possible.
func (u *Upgrade) awaitPermit() (since time.Time, err error) {
	for told := false; ; told = true {
		if err := u.refusal(); err != nil {
			return since, err
		}
		since = time.Now() // before Pending, which waits until the watcher has noticed all before
		what := u.begin(u.pending)
		if what == "" {
			return since, nil
		}
		if !told {
			u.Reporter.UpgradeWaits(what)
		}
		select {
		case <-time.After(wait.Poll):
		case <-u.flip.Exit():
			return since, errors.New("hotswap stops")
		}
	}
}

func (u *Upgrade) refusal() error {
	l := readLineage(u.IsChild)
	switch err := u.Refusal(); {
	case err != nil:
		return err
	case l.pid == 1:
		return errors.New("everything ends with process 1")
	case u.Supervisor.Current().State != report.PhaseServing:
		return errors.New("no generation serves")
	case l.awaited():
		return fmt.Errorf(
			"process %d (%q) started hotswap and would take its new process id for its end: stop hotswap and start the new one", l.parent, procfs.Of(l.parent).Name())
	}
	return nil
}

// pending names the work under way that a child would not know of; "": there is none. A generation that starts between
// this check and Freeze waits at its bind (reuseport.Registry.Freeze).
func (u *Upgrade) pending() string {
	st := u.Supervisor.Current()
	switch {
	case st.Build != nil:
		return "a step runs"
	case len(st.Owed) > 0:
		return "a step has yet to run, because one before it has failed"
	case st.UnderWay:
		return "a generation starts"
	case st.Paused != nil:
		return "changes are paused"
	}
	return u.Pending()
}

// try waits until nothing is pending, starts a child that gets what the parts leave, and returns it once it has taken
// over.
func (u *Upgrade) try() (child *proc.Identity, err error) {
	since, err := u.awaitPermit()
	if err != nil {
		return nil, err
	}
	u.Reporter.Upgrading()
	left, fds, err := freeze(u.Parts)
	if err == nil {
		child, err = u.start(message{since, left}, fds)
		if err == nil {
			return child, nil
		}
		// The child's gates stay behind ours in the kernel's groups until the last process that
		// has them ends: programs whose keepers became children of this process.
		if child != nil {
			child.Wait(context.Background())
		}
		proc.KillStrays()
		err = errors.Join(err, thaw(u.Parts))
	}
	<-u.had
	return nil, err
}

// Keep ends the upgrade that is under way and refuses further ones, because hotswap stops. A child that takes over
// nevertheless gets the signal.
func (u *Upgrade) Keep(ctx context.Context, sig os.Signal) {
	u.stopping.Store(true)
	u.flip.Stop()
	go u.Pass(ctx, sig)
}

// Notice has a child give up whose first generation does not serve: the parent gets the reason, and the supervisor
// ends. It reports whether people do not hear of a notice here: the parent tells why a child gives up, and the end of a
// parent is none of hotswap.
func (u *Upgrade) Notice(n report.Notice) (silent bool) {
	if reason := u.failure(n); u.parent != nil && !u.gaveUp && reason != "" { // the first counts
		u.gaveUp = true
		_ = json.NewEncoder(u.parent).Encode(word{Why: reason})
		go u.Supervisor.StopNow(exit.CodeUnavailable)
	}
	_, stopping := n.(report.NoticeStopping)
	return u.gaveUp || stopping && u.ChildPID() != 0
}

// failure returns by a notice why a child's first generation does not serve; "": the notice says nothing of that.
func (u *Upgrade) failure(n report.Notice) string {
	switch n := n.(type) {
	case report.NoticeFailed:
		return fmt.Sprintf("generation %d: %s", n.Gen, n.Reason)
	case report.NoticeFinished:
		return fmt.Sprintf("generation %d finished", n.Gen)
	case report.NoticeRunning:
		return fmt.Sprintf("generation %d listens on nothing", n.Gen)
	case report.NoticeNotListening:
		return fmt.Sprintf("generation %d: %s", n.Gen, n.Reason)
	case report.NoticeCutover:
		if n.Err != nil {
			return fmt.Sprintf("generation %d: %v", n.Gen, n.Err)
		}
	case report.NoticeStopping:
		return "the new hotswap was told to stop"
	}
	return ""
}

// Serving tells the parent that the first generation of this hotswap serves.
func (u *Upgrade) Serving() {
	_ = u.flip.Ready() // an error means that the parent has ended
	if u.parent != nil {
		u.parent.Close()
		u.parent = nil
		<-u.had
	}
}

// starter is the process that started this one, if that lived so long.
var starter = os.Getppid()

// lineage is what is known of the process above this one. An upgrade changes the process id: who waits for the end of
// this process, as tini, supervisord, runsv and scripts do, would take the upgrade for that end.
type lineage struct {
	pid, parent, starter int
	child                bool   // of an upgrade: its starter was a hotswap
	manager              string // the socket of a service manager, which hears of the new process id; "": there is none
	// the process that systemd started, of which this one may be a descendant; "": not known
	managed string
	job     bool // the parent gave this process a process group of its own, at one terminal
}

func readLineage(child bool) lineage {
	l := lineage{
		pid: os.Getpid(), parent: os.Getppid(), starter: starter, child: child,
		manager: os.Getenv(readiness.NotifySocket), managed: os.Getenv("SYSTEMD_EXEC_PID"), // systemd.exec(5)
	}
	if terminal.HasControlling() {
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
	}
	return l.parent == 1 || !l.job // an interactive shell only shows its prompt again
}
