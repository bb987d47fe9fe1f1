package upgrade

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cloudflare/tableflip"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

const (
	// childEnv marks the child. TABLEFLIP_HAS_PARENT… cannot: a program that uses tableflip
	// itself and starts hotswap leaves that variable in the environment.
	childEnv = "HOTSWAP_UPGRADES"

	// pendingPause is the time between two looks at what an upgrade waits for.
	pendingPause = 20 * time.Millisecond

	// upgradeMargin is what a child may need in addition to the boot of its generation.
	upgradeMargin = 10 * time.Second
)

// Upgrade is this process's part in upgrades of hotswap.
type Upgrade struct {
	IsChild bool      // a parent started this process, even if that parent has ended
	Since   time.Time // of a child: files that have changed since then are its own
	Config            // is set before the supervisor runs, and constant then

	flip *tableflip.Upgrader
	*turn
	request   chan os.Signal // SIGUSR2
	stopping  atomic.Bool    // hotswap is told to stop
	inherited inherited      // until this hotswap serves

	// The supervisor's loop owns these.
	parent *net.UnixConn // nil: there is no parent, or the parent knows that this child serves
	gaveUp bool
}

// Config is what upgrades need of the rest of hotswap.
type Config struct {
	Parts       []Freezable // in the order in which they are frozen
	Reporter    reporter
	Supervisor  *supervisor.Supervisor
	Reason      func(report.NoticeFailed) string // for people
	Pending     func() string                    // names what a rule has yet to do, or ""
	Refusal     func() error                     // returns why no upgrade is possible, or nil
	GiveBack    func() error                     // gives the parent back what only one hotswap can have
	ParentEnded func()                           // is called when no parent runs any more
}

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
	u := &Upgrade{request: make(chan os.Signal, 1), turn: newTurn()}
	signal.Notify(u.request, syscall.SIGUSR2)
	_, u.IsChild = os.LookupEnv(childEnv)
	_ = os.Unsetenv(childEnv)
	if u.IsChild {
		u.had <- struct{}{} // until it serves
	} else {
		unsetTableflip()
	}
	var err error
	if u.flip, err = tableflip.New(tableflip.Options{UpgradeTimeout: readyTimeout + upgradeMargin}); err != nil {
		return nil, fmt.Errorf("upgrade: %w", err)
	}
	if !u.IsChild {
		return u, nil
	}
	unsetTableflip()
	syscall.CloseOnExec(3) // tableflip: ready pipe
	syscall.CloseOnExec(4) // tableflip: names, then the parent's end
	if err = u.inherit(u.flip); err != nil {
		return nil, fmt.Errorf("inherit: %w", err)
	}
	return u, nil
}

// Inherited decodes into state what the parent's part of that name has left, and returns its descriptors, which are the
// caller's. It does nothing if there is no parent, or if that has no such part.
func (u *Upgrade) Inherited(name string, state any) (fds []int, err error) {
	return u.inherited.take(name, state)
}

// unsetTableflip keeps the program from inheriting tableflip's variables.
func unsetTableflip() {
	for _, kv := range os.Environ() {
		if key, _, _ := strings.Cut(kv, "="); strings.HasPrefix(key, "TABLEFLIP_") {
			_ = os.Unsetenv(key)
		}
	}
}

// Run upgrades hotswap at each SIGUSR2, when nothing is pending, until ctx ends or a child has taken over. In
// the latter case the parts have been released.
func (u *Upgrade) Run(ctx context.Context) {
	defer context.AfterFunc(ctx, u.flip.Stop)()
	// An error means that the parent ended unexpectedly.
	if _ = u.flip.WaitForParent(ctx); ctx.Err() != nil {
		return
	}
	u.ParentEnded()
	for wait.On(ctx, u.request) == nil {
		child, err := u.try(ctx)
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

// awaitTurn waits until nothing is pending, and starts an upgrade then. This hotswap has noticed every save before
// since; the child finds later saves by comparing files. An error says why no upgrade is possible.
func (u *Upgrade) awaitTurn(ctx context.Context) (since time.Time, err error) {
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
		case <-time.After(pendingPause):
		case <-u.flip.Exit():
			return since, errors.New("hotswap stops")
		case <-ctx.Done():
			return since, ctx.Err()
		}
	}
}

// refusal returns why no upgrade is possible, or nil.
func (u *Upgrade) refusal() error {
	switch err := u.Refusal(); {
	case err != nil:
		return err
	case os.Getpid() == 1:
		return errors.New("everything ends with process 1")
	case u.Supervisor.Current().State != report.PhaseServing:
		return errors.New("no generation serves")
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
	}
	return u.Pending()
}

// try waits until nothing is pending, starts a child, and waits until the child has taken over or failed.
func (u *Upgrade) try(ctx context.Context) (child *proc.Handle, err error) {
	since, err := u.awaitTurn(ctx)
	if err != nil {
		return nil, err
	}
	u.Reporter.Upgrading()
	if child, err = u.transfer(since); err != nil {
		<-u.had
	}
	return child, err
}

// Cancel ends the upgrade that is under way and refuses further ones, because hotswap stops.
func (u *Upgrade) Cancel() {
	u.stopping.Store(true)
	u.flip.Stop()
}

// Notice has a child give up whose first generation does not serve: the parent gets the reason and what it left, and the
// supervisor ends.
func (u *Upgrade) Notice(n report.Notice) {
	reason, failed := u.failure(n)
	if u.parent == nil || u.gaveUp || !failed { // the first reason counts
		return
	}
	u.gaveUp = true
	_ = json.NewEncoder(u.parent).Encode(word{Why: reason})
	go func() {
		_ = u.GiveBack()
		_, _ = u.Supervisor.StopNow(context.Background(), exit.CodeUnavailable)
	}()
}

// Silent reports whether people do not hear of a notice, because they hear of it from the other hotswap: a child's parent
// reports why the child gives up, and a parent whose child serves ends without a word.
func (u *Upgrade) Silent(n report.Notice) bool {
	_, stopping := n.(report.NoticeStopping)
	if u.parent == nil {
		return stopping && u.ChildPID() != 0
	}
	_, failed := u.failure(n)
	return failed || stopping
}

// failure reports whether the notice means that a child's first generation does not serve.
func (u *Upgrade) failure(n report.Notice) (reason string, failed bool) {
	switch n := n.(type) {
	case report.NoticeFailed:
		return fmt.Sprintf("generation %d: %s", n.Gen, u.Reason(n)), true
	case report.NoticeFinished:
		return fmt.Sprintf("generation %d finished", n.Gen), true
	case report.NoticeNotListening:
		return fmt.Sprintf("generation %d: %s", n.Gen, u.Reason(report.NoticeFailed{Why: report.WhyTimeout, Unready: n.Unready})), true
	case report.NoticeCutover:
		if n.Err != nil {
			return fmt.Sprintf("generation %d: %v", n.Gen, n.Err), true
		}
	}
	return "", false
}

// Serving tells the parent that the first generation of this hotswap serves.
func (u *Upgrade) Serving() {
	u.inherited.discard()
	_ = u.flip.Ready() // an error means that the parent has ended
	if u.parent != nil {
		_ = u.parent.Close()
		u.parent = nil
		<-u.had
	}
}
