package upgrade

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/cloudflare/tableflip"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/terminal"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

const (
	// childEnv marks the child. TABLEFLIP_HAS_PARENT… cannot: a program that uses tableflip
	// itself and starts hotswap leaves that variable in the environment.
	childEnv = "HOTSWAP_UPGRADES"

	// upgradeMargin is what a child may need in addition to the boot of its generation.
	upgradeMargin = 10 * time.Second

	// terminalDelay is how long a child waits after the end of its parent before it reads
	// keys. A shell or npm that waited for the parent may take the terminal back, and must
	// find the terminal's modes unchanged.
	terminalDelay = time.Second
)

// Upgrade is this process's part in upgrades of hotswap.
type Upgrade struct {
	Target // set before Run and before the supervisor runs

	IsChild   bool  // a parent started this process, even if that parent has ended
	Inherited State // what the parent left; empty unless IsChild

	cfg  Config
	flip *tableflip.Upgrader
	*signals
	request chan os.Signal // SIGUSR2
	serves  chan struct{}  // closed when a child serves; in another hotswap, from the beginning

	// The supervisor's loop owns these.
	parent *net.UnixConn // nil: there is no parent, or the parent knows that this child serves
	gaveUp bool
}

// Config is what an upgrade needs at the start.
type Config struct {
	Reporter     reporter
	Terminal     *terminal.Terminal
	Reason       func(report.NoticeFailed) string // for people
	ReadyTimeout time.Duration                    // of the child's generation
}

type reporter interface {
	Upgrading()
	UpgradeBoots(pid int)
	Upgraded(pid int)
	UpgradeFailed(error)
	StateLost(error) // the child took over without what programs had given this process to keep
}

// Target is what a parent hands over.
type Target struct {
	Supervisor *supervisor.Supervisor
	Registry   *reuseport.Registry
	Instance   Instance
	Places     Places
	Activation systemd.Activation // the sockets that a socket activator passed to the first hotswap
	// Kept is [changes.Changes.Kept]; nil: no files are watched.
	Kept    func() (paused, oldest time.Time, gone []string)
	Refusal func() error // returns why no upgrade is possible, or nil

	// ParentEnded is called when no parent runs any more; nil: nothing is.
	ParentEnded func()
}

// Instance is how other processes find this hotswap.
type Instance interface {
	Name() string        // of the run, the same in the child
	SocketPath() string  // of the control socket; "": there is none
	PauseRecord(on bool) // waits for a record that is being written
	Publish()            // makes this process the one that is found
}

// Places is the server of the programs' state.
type Places interface {
	Lend(fd int) error // to a child, over one end of a socket pair
	HandOver() error   // the child took over
	Unlend()           // the child failed, and has ended
}

// New returns the upgrade of this process and reads what the parent left, if there is a
// parent. It must come before the first fork, because tableflip leaves two descriptors
// open across exec.
func New(c Config) (*Upgrade, error) {
	u := &Upgrade{cfg: c, request: make(chan os.Signal, 1), signals: newSignals(), serves: make(chan struct{})}
	signal.Notify(u.request, syscall.SIGUSR2)
	_, u.IsChild = os.LookupEnv(childEnv)
	_ = os.Unsetenv(childEnv)
	if !u.IsChild {
		unsetTableflip()
		close(u.serves)
	}
	var err error
	if u.flip, err = tableflip.New(tableflip.Options{UpgradeTimeout: c.ReadyTimeout + upgradeMargin}); err != nil {
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

// Run upgrades hotswap at each SIGUSR2 until ctx ends or a child has taken over. In the
// latter case Run stops the supervisor.
func (u *Upgrade) Run(ctx context.Context) {
	defer context.AfterFunc(ctx, u.flip.Stop)()
	if u.flip.HasParent() {
		// An error means that the parent ended unexpectedly.
		if _ = u.flip.WaitForParent(ctx); ctx.Err() != nil {
			return
		}
		u.Registry.GenerationEnded(reuseport.Parent)
		u.Supervisor.Released()
		defer time.AfterFunc(terminalDelay, u.cfg.Terminal.TakeKeys).Stop()
	}
	if u.ParentEnded != nil {
		u.ParentEnded()
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-u.request:
		}
		u.begin()
		u.Instance.PauseRecord(true)
		child, err := u.try(ctx)
		if child != nil {
			u.complete(child)
			_, _ = u.Supervisor.Stop(ctx)
			return
		}
		u.Instance.PauseRecord(false)
		u.Supervisor.TakeBack(ctx)
		stopping, reload := u.fail()
		if stopping {
			continue
		}
		if ctx.Err() == nil {
			u.cfg.Reporter.UpgradeFailed(err)
		}
		if reload {
			go u.Supervisor.Reload(ctx)
		}
	}
}

// complete leaves the terminal, the service manager and pending signals to the child.
func (u *Upgrade) complete(child *proc.Handle) {
	u.cfg.Reporter.Upgraded(child.PID())
	u.cfg.Terminal.Restore()
	// The service manager accepts MAINPID from the present main process only, so the
	// message is sent before this process ends.
	manager := systemd.NewNotifier()
	manager.Send("MAINPID="+strconv.Itoa(child.PID()), systemd.SignOfLife)
	manager.Close()
	u.succeed(child)
}

// try starts a child and waits until the child has taken over or failed.
func (u *Upgrade) try(ctx context.Context) (*proc.Handle, error) {
	if err := u.Refusal(); err != nil {
		return nil, err
	}
	switch {
	case os.Getpid() == 1:
		return nil, errors.New("everything ends with process 1")
	case u.cfg.Terminal.LeadsSession():
		return nil, errors.New("the terminal would be hung up with the process that leads its session")
	}
	if err := settled(ctx, u.Supervisor); err != nil {
		return nil, err
	}
	u.cfg.Reporter.Upgrading()
	number, err := u.Supervisor.HandOver(ctx)
	if err != nil {
		return nil, err
	}
	return u.transfer(number)
}

// settled waits until a generation serves, no build runs, and no other generation boots. A
// generation that begins between that moment and HandOver waits at its bind
// (reuseport.Registry.BeginTransfer).
func settled(ctx context.Context, s *supervisor.Supervisor) error {
	changed := s.Changed()
	for st := s.Current(); ; st = s.Status() {
		if st.State != report.PhaseServing {
			return errors.New("no generation serves")
		}
		if st.Build == nil && !slices.ContainsFunc(st.Generations, booting) {
			return nil
		}
		select {
		case <-changed:
			changed = s.Changed()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func booting(g report.GenerationStatus) bool {
	return g.State == supervisor.StateStarting.String()
}

// startChild returns when the child serves.
func (u *Upgrade) startChild() error {
	for {
		err := u.flip.Upgrade()
		// tableflip reports the end of the parent twice: first to WaitForParent, which Run
		// has called, and then to itself.
		if err == nil || err.Error() != "parent hasn't exited" {
			return err
		}
		runtime.Gosched()
	}
}

// Hides reports whether the user must not see the notice. A child whose first generation
// fails gives up, and the parent reports that failure. A parent whose child took over ends
// silently.
func (u *Upgrade) Hides(n report.Notice) bool {
	_, stopping := n.(report.NoticeStopping)
	if u.parent == nil {
		return stopping && u.ChildPID() != 0
	}
	reason, failed := u.failure(n)
	if failed && !u.gaveUp { // the first reason counts
		u.gaveUp = true
		_, _ = u.parent.Write(packet(failure{Why: reason}))
		go u.Supervisor.StopNow(context.Background(), exit.CodeUnavailable)
	}
	return failed || stopping
}

// failure reports whether the notice means that a child's first generation does not serve.
func (u *Upgrade) failure(n report.Notice) (reason string, failed bool) {
	switch n := n.(type) {
	case report.NoticeFailed:
		return fmt.Sprintf("generation %d: %s", n.Gen, u.cfg.Reason(n)), true
	case report.NoticeFinished:
		return fmt.Sprintf("generation %d finished", n.Gen), true
	case report.NoticeNotListening:
		return fmt.Sprintf("generation %d: %s", n.Gen, u.cfg.Reason(report.NoticeFailed{Why: report.WhyTimeout, Unready: n.Unready})), true
	case report.NoticeCutover:
		if n.Err != nil {
			return fmt.Sprintf("generation %d: %v", n.Gen, n.Err), true
		}
	}
	return "", false
}

// WaitFree waits until swaps are possible: in a child they would end the generation for which
// the parent waits. It reports whether this process still steers, see WaitIdle.
func (u *Upgrade) WaitFree(ctx context.Context) bool {
	select {
	case <-u.serves:
		return u.WaitIdle(ctx)
	case <-ctx.Done():
		return false
	}
}

// Enter waits as WaitFree does. If it reports true, no upgrade begins until leave is called: what is handed to
// the supervisor before that is part of what a child finds.
func (u *Upgrade) Enter(ctx context.Context) (leave func(), ok bool) {
	for u.WaitFree(ctx) {
		if u.enter() {
			return u.leave, true
		}
	}
	return nil, false
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
		close(u.serves)
	}
}
