package upgrade

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cloudflare/tableflip"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/terminal"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/place"
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

	// terminalDelay is how long a child waits after the end of its parent before it reads
	// keys. A shell or npm that waited for the parent may take the terminal back, and must
	// find the terminal's modes unchanged.
	terminalDelay = time.Second
)

// Upgrade is this process's part in upgrades of hotswap. The fields that begin with a capital letter, but the
// first two, are set before Run and before the supervisor runs.
type Upgrade struct {
	IsChild   bool  // a parent started this process, even if that parent has ended
	Inherited State // what the parent left; empty unless IsChild

	Reporter   reporter
	Terminal   *terminal.Terminal
	Supervisor *supervisor.Supervisor
	Registry   *reuseport.Registry
	Instance   instance
	Places     *place.Server
	Activation systemd.Activation // the sockets that a socket activator passed to the first hotswap
	Port       int                // that the program is told; 0: none
	Listeners  []Listener
	Token      string        // of the live page
	Leave      func()        // ends the servers at the listeners, whose clients are the child's then
	Pending    func() string // names what a rule has yet to do, or ""
	Refusal    func() error  // returns why no upgrade is possible, or nil
	// Moved is called when a child has taken over.
	Moved func()
	// ParentEnded is called when no parent runs any more.
	ParentEnded func()

	flip *tableflip.Upgrader
	*turn
	request  chan os.Signal // SIGUSR2
	stopping atomic.Bool    // hotswap is told to stop

	// The supervisor's loop owns these.
	parent *net.UnixConn // nil: there is no parent, or the parent knows that this child serves
	gaveUp bool
}

type reporter interface {
	UpgradeWaits(what string)
	Upgrading()
	UpgradeBoots(pid int)
	Upgraded(pid int)
	UpgradeFailed(error)
}

// instance is how other processes find this hotswap.
type instance interface {
	Name() string        // of the run, the same in the child
	SocketPath() string  // of the control socket; "": there is none
	PauseRecord(on bool) // waits for a record that is being written
	Publish()            // makes this process the one that is found
	Leave()              // ends the streams of clients, which connect again
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
	if u.Inherited, u.parent, err = inherit(u.flip); err != nil {
		return nil, fmt.Errorf("inherit: %w", err)
	}
	return u, nil
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
// the latter case Run stops the supervisor.
func (u *Upgrade) Run(ctx context.Context) {
	defer context.AfterFunc(ctx, u.flip.Stop)()
	if u.flip.HasParent() {
		// An error means that the parent ended unexpectedly.
		if _ = u.flip.WaitForParent(ctx); ctx.Err() != nil {
			return
		}
		u.Registry.GenerationEnded(reuseport.Parent)
		u.Supervisor.Released()
		defer time.AfterFunc(terminalDelay, u.Terminal.TakeKeys).Stop()
	}
	u.ParentEnded()
	for {
		if wait.On(ctx, u.request) != nil {
			return
		}
		child, err := u.try(ctx)
		if child != nil {
			u.complete(child)
			_, _ = u.Supervisor.Stop(ctx)
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
	case u.Terminal.LeadsSession():
		return errors.New("the terminal would be hung up with the process that leads its session")
	case u.Supervisor.Current().State != report.PhaseServing:
		return errors.New("no generation serves")
	}
	return nil
}

// pending names the work under way that a child would not know of; "": there is none. A generation that starts between
// this check and HandOver waits at its bind (reuseport.Registry.BeginTransfer).
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

// complete leaves the terminal, the service manager and pending signals to the child.
func (u *Upgrade) complete(child *proc.Handle) {
	u.Leave()
	u.Reporter.Upgraded(child.PID())
	u.Terminal.Restore()
	// The service manager accepts MAINPID from the present main process only, so the
	// message is sent before this process ends.
	manager := systemd.NewNotifier(true)
	manager.Send("MAINPID=" + strconv.Itoa(child.PID()))
	manager.Close()
	u.child.Store(child)
	u.Moved()
	u.Instance.Leave()
	<-u.had
}

// try waits until nothing is pending, starts a child, and waits until the child has taken over or failed.
func (u *Upgrade) try(ctx context.Context) (child *proc.Handle, err error) {
	since, err := u.awaitTurn(ctx)
	if err != nil {
		return nil, err
	}
	u.Reporter.Upgrading()
	u.Instance.PauseRecord(true)
	number, err := u.Supervisor.HandOver(ctx)
	if err == nil {
		child, err = u.transfer(number, since)
	}
	if child == nil {
		u.Instance.PauseRecord(false)
		u.Supervisor.TakeBack(ctx)
		<-u.had
	}
	return child, err
}

// Cancel ends the upgrade that is under way and refuses further ones, because hotswap stops.
func (u *Upgrade) Cancel() {
	u.stopping.Store(true)
	u.flip.Stop()
}

// Withholds reports whether no reader gets a notice. A child whose first generation
// fails gives up, and the parent reports that failure. A parent whose child took over ends
// silently.
func (u *Upgrade) Withholds(n report.Notice) bool {
	_, stopping := n.(report.NoticeStopping)
	if u.parent == nil {
		return stopping && u.ChildPID() != 0
	}
	reason, failed := u.failure(n)
	if failed && !u.gaveUp { // the first reason counts
		u.gaveUp = true
		_ = rights.Send(u.parent, packet(word{Protocol: protocol, Why: reason}), -1)
		go func() {
			_ = u.Places.GiveBack()
			_, _ = u.Supervisor.StopNow(context.Background(), exit.CodeUnavailable)
		}()
	}
	return failed || stopping
}

// failure reports whether the notice means that a child's first generation does not serve.
func (u *Upgrade) failure(n report.Notice) (reason string, failed bool) {
	switch n := n.(type) {
	case report.NoticeFailed:
		return fmt.Sprintf("generation %d: %s", n.Gen, n.Reason), true
	case report.NoticeFinished:
		return fmt.Sprintf("generation %d finished", n.Gen), true
	case report.NoticeNotListening:
		return fmt.Sprintf("generation %d: %s", n.Gen, n.Reason), true
	case report.NoticeCutover:
		if n.Err != nil {
			return fmt.Sprintf("generation %d: %v", n.Gen, n.Err), true
		}
	}
	return "", false
}

// Serving tells the parent that the first generation of this hotswap serves.
func (u *Upgrade) Serving() {
	if u.IsChild {
		u.Instance.Publish()
	}
	_ = u.flip.Ready() // an error means that the parent has ended
	if u.parent != nil {
		_ = u.parent.Close()
		u.parent = nil
		<-u.had
	}
}
