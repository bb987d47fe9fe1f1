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
	"sync"
	"syscall"
	"time"

	"github.com/cloudflare/tableflip"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/terminal"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// Upgrade is hotswap upgrading itself on SIGUSR2: it starts itself anew
// (tableflip), the child process gets all gates, starts a generation of its
// own, cuts over and says so; then the parent drains its generation and leaves.
// If the child fails, the parent serves on.
//
// A process may be both: child until its parent has ended, parent when it is
// asked. To the supervisor neither is special.
type Upgrade struct {
	upg   *tableflip.Upgrader
	say   upgradeReporter
	tty   *terminal.Terminal
	why   func(supervisor.NoticeFailed) string // for people
	asked chan os.Signal                       // SIGUSR2
	State state                                // what the parent left; constant after newUpgrade

	Activation systemd.Activation // what a socket activator has passed, to this process or an parent; constant

	// child: another hotswap started this one, to be upgraded by it. Constant after
	// newUpgrade, also when that one has ended.
	Child bool

	// Of the supervisor's loop, once it runs:
	parent *net.UnixConn // nil: there is none, or it knows that we serve
	served bool          // a generation has
	GiveUp func()        // ends a child that failed
	public func()        // makes it the one that is found; nil for an parent

	pause func(bool) // keeps this hotswap from writing about itself, or lets it again

	mu     sync.Mutex    // guards what follows
	book   state         // serves and built, as they would be left now
	builds time.Time     // when the newest build began
	built  time.Time     // when the last one ended that has succeeded
	Idle   chan struct{} // closed while no upgrade is under way
	held   []os.Signal   // that came while one was
	child  *proc.Handle  // the process that took over; nil: none did

	Passed chan struct{} // closed when one has
}

// childEnv is set for the child alone. TABLEFLIP_HAS_PARENT… would not
// do: a program that uses tableflip itself, and starts hotswap, leaves it in
// the environment.
const childEnv = "HOTSWAP_UPGRADES"

// upgradeMargin is what the child may take beyond the boot of its generation.
const upgradeMargin = 10 * time.Second

// handBack is how long the child waits, after its parent has ended, before it
// reads keys: whoever waited for the parent, a shell or npm, may take the terminal
// back, and must find it as it was.
const handBack = time.Second

// upgradeReporter hears how an upgrade goes.
type upgradeReporter interface {
	Upgrading()
	UpgradeBoots(pid int)
	Upgraded(pid int)
	UpgradeFailed(error)
}

// Config is what an upgrade needs before anything runs.
type Config struct {
	Say          upgradeReporter
	Terminal     *terminal.Terminal
	Why          func(supervisor.NoticeFailed) string // the reason, for people
	ReadyTimeout time.Duration                        // of the child's generation
}

// Target is what is handed over.
type Target struct {
	Registry   *reuseport.Registry
	Supervisor *supervisor.Supervisor
	Refusal    error // why it cannot be; nil: it can
}

// found says how the instance is found, which the child must know too; pause keeps it
// from writing about itself, public makes it the one that is found.
func (r *Upgrade) Found(run, control string, pause func(bool), public func()) {
	r.book.Run, r.book.Control, r.pause = run, control, pause
	if r.Child {
		r.public = public
	}
}

// New takes the parent's state over, if there is one. It comes before
// anything is forked: tableflip's two descriptors are not closed on exec.
func New(c Config) (*Upgrade, error) {
	r := &Upgrade{say: c.Say, tty: c.Terminal, why: c.Why, asked: make(chan os.Signal, 1), Idle: make(chan struct{}), Passed: make(chan struct{}), pause: func(bool) {}}
	close(r.Idle)
	signal.Notify(r.asked, syscall.SIGUSR2)
	_, r.Child = os.LookupEnv(childEnv)
	_ = os.Unsetenv(childEnv)
	if !r.Child {
		forgetTableflip()
	}
	var err error
	if r.upg, err = tableflip.New(tableflip.Options{UpgradeTimeout: c.ReadyTimeout + upgradeMargin}); err != nil {
		return nil, fmt.Errorf("upgrade: %w", err)
	}
	if !r.Child {
		return r, nil
	}
	forgetTableflip()
	syscall.CloseOnExec(3) // tableflip: ready pipe
	syscall.CloseOnExec(4) // tableflip: names, then the parent's end
	if r.State, r.parent, err = inherit(r.upg); err != nil {
		return nil, fmt.Errorf("inherit: %w", err)
	}
	r.book.Serves, r.book.Built = r.State.Serves, r.State.Built
	return r, nil
}

// forgetTableflip keeps the program from inheriting what is not meant for it.
func forgetTableflip() {
	for _, kv := range os.Environ() {
		if key, _, _ := strings.Cut(kv, "="); strings.HasPrefix(key, "TABLEFLIP_") {
			_ = os.Unsetenv(key)
		}
	}
}

// run upgrades hotswap whenever it is asked, until ctx ends or a child has
// taken over; then it stops the supervisor.
func (r *Upgrade) Run(ctx context.Context, m Target) {
	defer context.AfterFunc(ctx, r.upg.Stop)()
	if r.upg.HasParent() {
		// An error means that the parent ended in an odd way: it has ended.
		if _ = r.upg.WaitForParent(ctx); ctx.Err() != nil {
			return
		}
		m.Registry.GenerationEnded(reuseport.Parent)
		m.Supervisor.Released()
		defer time.AfterFunc(handBack, r.tty.Take).Stop()
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.asked:
		}
		r.Begin()
		r.pause(true)
		child, err := r.try(ctx, m)
		if child != nil {
			pid := child.PID()
			r.say.Upgraded(pid)
			r.tty.Restore() // the keys are the child's
			told := systemd.NewNotifier(false)
			told.Say("MAINPID="+strconv.Itoa(pid), systemd.SignOfLife)
			told.Close() // sent: only we are heard, for we still are the main one
			r.over(child)
			_, _ = m.Supervisor.Stop(ctx)
			return
		}
		r.pause(false)
		m.Supervisor.TakeBack(ctx)
		stopping, swap := r.stays()
		if !stopping && ctx.Err() == nil {
			r.say.UpgradeFailed(err)
		}
		if swap && !stopping {
			go m.Supervisor.Reload(ctx)
		}
	}
}

// try starts a child and waits for its fate. It returns the child
// one if that took over.
func (r *Upgrade) try(ctx context.Context, m Target) (*proc.Handle, error) {
	switch {
	case m.Refusal != nil:
		return nil, m.Refusal
	case os.Getpid() == 1:
		return nil, errors.New("everything ends with process 1")
	case r.tty.Leads():
		return nil, errors.New("the terminal would be hung up with the process that leads its session")
	}
	if err := settled(ctx, m.Supervisor); err != nil {
		return nil, err
	}
	r.say.Upgrading()
	number, err := m.Supervisor.HandOver(ctx)
	if err != nil {
		return nil, err
	}
	return r.hand(number, m)
}

// settled waits until a generation serves, and none is built or about to relieve it. What
// begins after that, and before the number of the next generation is given away,
// waits at its bind (handoff.Bequeath).
func settled(ctx context.Context, s *supervisor.Supervisor) error {
	changed := s.Changed()
	for st := s.Current(); ; st = s.Status() {
		if st.State != supervisor.PhaseServing {
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

// booting tells a generation that is about to relieve another.
func booting(g supervisor.GenerationStatus) bool {
	return g.State == supervisor.StateStarting.String() || g.State == supervisor.StateReady.String()
}

// upgrade is tableflip's.
func (r *Upgrade) upgrade() error {
	for {
		err := r.upg.Upgrade()
		// tableflip says twice that the parent has exited: first to
		// WaitForParent, which run has waited for, then to itself.
		if err == nil || err.Error() != "parent hasn't exited" {
			return err
		}
		runtime.Gosched()
	}
}

// Note takes what the supervisor tells, and reports whether others are to hear of it. Not of
// a child whose first generation does not serve, since the parent tells why; and not of the
// end of a parent whose child took over.
func (r *Upgrade) Note(n supervisor.Notice) bool {
	r.note(n)
	if r.parent != nil && r.failed(n) {
		return false
	}
	_, stopping := n.(supervisor.NoticeStopping)
	return !stopping || r.Successor() == 0
}

// Told comes after others have heard of n: of the first generation that serves, so that
// the parent hears last.
func (r *Upgrade) Told(n supervisor.Notice) {
	if _, ok := n.(supervisor.NoticeServing); !ok || r.served {
		return
	}
	r.served = true
	if r.public != nil {
		r.public()
	}
	_ = r.upg.Ready() // an error means that the parent is gone: there is nobody to tell
	if r.parent != nil {
		_ = r.parent.Close()
		r.parent = nil
	}
}

// note keeps the books of what a child must know.
func (r *Upgrade) note(n supervisor.Notice) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch n := n.(type) {
	case supervisor.NoticeServing:
		r.book.Serves = slices.Clone(n.Endpoints)
	case supervisor.NoticeRolledBack:
		r.book.Serves = slices.Clone(n.Endpoints)
	case supervisor.NoticeListening:
		if !n.Debugger {
			r.book.Serves = append(r.book.Serves, n.Endpoint)
		}
	case supervisor.NoticeBuilding:
		r.builds = time.Now()
	case supervisor.NoticeBuilt:
		if !n.Ended {
			r.book.Built, r.built = r.builds, time.Now()
		}
	}
}

// failed gives a child up whose first generation does not serve: the
// parent has a better one, and tells why.
func (r *Upgrade) failed(n supervisor.Notice) bool {
	reason := ""
	switch n := n.(type) {
	case supervisor.NoticeFailed:
		reason = fmt.Sprintf("generation %d: %s", n.Gen, r.why(n))
	case supervisor.NoticeFinished:
		reason = fmt.Sprintf("generation %d finished", n.Gen)
	case supervisor.NoticeNotListening:
		reason = fmt.Sprintf("generation %d: %s", n.Gen, r.why(supervisor.NoticeFailed{Why: supervisor.WhyTimeout, Unready: n.Unready}))
	case supervisor.NoticeCutover:
		if n.Err == nil {
			return false
		}
		reason = fmt.Sprintf("generation %d: %v", n.Gen, n.Err)
	case supervisor.NoticeStopping:
		return true
	default:
		return false
	}
	if r.GiveUp != nil { // the first reason is the one
		_, _ = r.parent.Write(packet(failure{Why: reason}))
		go r.GiveUp()
		r.GiveUp = nil
	}
	return true
}

// longAgo is how long after a build everybody has heard of all that changed while it
// ran: git may hold a batch back for half a minute.
const longAgo = time.Minute

// leaves is what a child must know, now, which begins the generation of that
// number. It looks for what has changed since
// the newest build began, since only it may hear of that; but if that was long ago,
// for nothing that was told here.
func (r *Upgrade) leaves(number handoff.GenID, now time.Time) state {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.book
	e.Last = number - 1
	if !r.built.IsZero() && now.Sub(r.built) > longAgo {
		e.Built = r.built
	}
	return e
}

// begin holds changes and signals back: they are the child's, or wait.
func (r *Upgrade) Begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Idle = make(chan struct{})
}

// stays ends an upgrade that failed. It says whether hotswap was told to stop
// meanwhile, and whether to swap.
func (r *Upgrade) stays() (stopping, swap bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.Idle)
	for _, sig := range r.held {
		stopping, swap = stopping || sig != syscall.SIGHUP, swap || sig == syscall.SIGHUP
	}
	r.held = nil
	return stopping, swap
}

// over ends an upgrade that succeeded: what came meanwhile was meant for the
// hotswap that is to stay.
func (r *Upgrade) over(child *proc.Handle) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.child = child
	close(r.Passed)
	for _, sig := range r.held {
		_ = child.Signal(sig.(syscall.Signal)) // an error means that it has ended
	}
	r.held = nil
}

func (r *Upgrade) Successor() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.child == nil {
		return 0
	}
	return r.child.PID()
}

// hold keeps a signal that asks for a swap while an upgrade is under way, and
// passes it on after one.
func (r *Upgrade) Hold(sig os.Signal) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.child != nil {
		_ = r.child.Signal(sig.(syscall.Signal))
		return true
	}
	select {
	case <-r.Idle:
		return false
	default:
		r.held = append(r.held, sig)
		return true
	}
}

// forgo ends the upgrade that is under way, and all others: hotswap stops. If
// it comes too late, the signal is the child's too.
func (r *Upgrade) Forgo(sig os.Signal) {
	if r.Successor() == 0 {
		r.Hold(sig)
	}
	r.upg.Stop()
}

// free waits until no upgrade is under way; false: one succeeded, or ctx ended.
func (r *Upgrade) Free(ctx context.Context) bool {
	r.mu.Lock()
	idle := r.Idle
	r.mu.Unlock()
	select {
	case <-idle:
		return true
	case <-r.Passed:
		return false
	case <-ctx.Done():
		return false
	}
}
