package main

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

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// renewal is hotswap renewing itself on SIGUSR2: it starts itself anew
// (tableflip), the younger process gets all gates, starts a generation of its
// own, cuts over and says so; then the elder drains its generation and leaves.
// If the younger fails, the elder serves on.
//
// A process may be both: younger until its elder has ended, elder when it is
// asked. To the supervisor neither is special.
type renewal struct {
	upg    *tableflip.Upgrader
	say    upgradeReporter
	tty    *terminal
	why    func(supervisor.NoticeFailed) string // for people
	asked  chan os.Signal                       // SIGUSR2
	estate estate                               // what the elder left; constant after newRenewal

	activation activation // what a socket activator has passed, to this process or an elder; constant

	// younger: another hotswap started this one, to be upgraded by it. Constant after
	// newRenewal, also when that one has ended.
	younger bool

	// Of the supervisor's loop, once it runs:
	elder  *net.UnixConn // nil: there is none, or it knows that we serve
	served bool          // a generation has
	giveUp func()        // ends a younger hotswap that failed
	public func()        // makes it the one that is found; nil for an elder

	pause func(bool) // keeps this hotswap from writing about itself, or lets it again

	mu     sync.Mutex    // guards what follows
	book   estate        // serves and built, as they would be left now
	builds time.Time     // when the newest build began
	built  time.Time     // when the last one ended that has succeeded
	idle   chan struct{} // closed while no renewal is under way
	held   []os.Signal   // that came while one was
	heir   *proc.Handle  // the process that took over; nil: none did

	passed chan struct{} // closed when one has
}

// renewEnv is set for the younger hotswap alone. TABLEFLIP_HAS_PARENT… would not
// do: a program that uses tableflip itself, and starts hotswap, leaves it in
// the environment.
const renewEnv = "HOTSWAP_RENEWS"

// renewMargin is what the younger may take beyond the boot of its generation.
const renewMargin = 10 * time.Second

// handBack is how long the younger waits, after its elder has ended, before it
// reads keys: whoever waited for the elder, a shell or npm, may take the terminal
// back, and must find it as it was.
const handBack = time.Second

// upgradeReporter hears how an upgrade goes.
type upgradeReporter interface {
	Upgrading()
	UpgradeBoots(pid int)
	Upgraded(pid int)
	UpgradeFailed(error)
}

// upgradeConfig is what an upgrade needs before anything runs.
type upgradeConfig struct {
	Say          upgradeReporter
	Terminal     *terminal
	Why          func(supervisor.NoticeFailed) string // the reason, for people
	ReadyTimeout time.Duration                        // of the child's generation
}

// upgradeTarget is what is handed over.
type upgradeTarget struct {
	Registry   *reuseport.Registry
	Supervisor *supervisor.Supervisor
	Refusal    error // why it cannot be; nil: it can
}

// found says how the instance is found, which the child must know too; pause keeps it
// from writing about itself, public makes it the one that is found.
func (r *renewal) found(run, control string, pause func(bool), public func()) {
	r.book.run, r.book.control, r.pause = run, control, pause
	if r.younger {
		r.public = public
	}
}

// newRenewal takes the elder's estate over, if there is one. It comes before
// anything is forked: tableflip's two descriptors are not closed on exec.
func newRenewal(c upgradeConfig) (*renewal, error) {
	r := &renewal{say: c.Say, tty: c.Terminal, why: c.Why, asked: make(chan os.Signal, 1), idle: make(chan struct{}), passed: make(chan struct{}), pause: func(bool) {}}
	close(r.idle)
	signal.Notify(r.asked, syscall.SIGUSR2)
	_, r.younger = os.LookupEnv(renewEnv)
	_ = os.Unsetenv(renewEnv)
	if !r.younger {
		forgetTableflip()
	}
	var err error
	if r.upg, err = tableflip.New(tableflip.Options{UpgradeTimeout: c.ReadyTimeout + renewMargin}); err != nil {
		return nil, fmt.Errorf("renewal: %w", err)
	}
	if !r.younger {
		return r, nil
	}
	forgetTableflip()
	syscall.CloseOnExec(3) // tableflip: ready pipe
	syscall.CloseOnExec(4) // tableflip: names, then the elder's end
	if r.estate, r.elder, err = inherit(r.upg); err != nil {
		return nil, fmt.Errorf("inherit: %w", err)
	}
	r.book.serves, r.book.built = r.estate.serves, r.estate.built
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

// run renews hotswap whenever it is asked, until ctx ends or a younger one has
// taken over; then it stops the supervisor.
func (r *renewal) run(ctx context.Context, m upgradeTarget) {
	defer context.AfterFunc(ctx, r.upg.Stop)()
	if r.upg.HasParent() {
		// An error means that the elder ended in an odd way: it has ended.
		if _ = r.upg.WaitForParent(ctx); ctx.Err() != nil {
			return
		}
		m.Registry.Release(reuseport.Elder)
		m.Supervisor.Released()
		defer time.AfterFunc(handBack, r.tty.take).Stop()
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.asked:
		}
		r.begin()
		r.pause(true)
		heir, err := r.try(ctx, m)
		if heir != nil {
			pid := heir.PID()
			r.say.Upgraded(pid)
			r.tty.restore() // the keys are the younger's
			told := newManager(false)
			told.say("MAINPID="+strconv.Itoa(pid), signOfLife)
			told.close() // sent: only we are heard, for we still are the main one
			r.over(heir)
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
			go m.Supervisor.Swap(ctx)
		}
	}
}

// try starts a younger hotswap and waits for its fate. It returns the younger
// one if that took over.
func (r *renewal) try(ctx context.Context, m upgradeTarget) (*proc.Handle, error) {
	switch {
	case m.Refusal != nil:
		return nil, m.Refusal
	case os.Getpid() == 1:
		return nil, errors.New("everything ends with process 1")
	case r.tty.leads():
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
func (r *renewal) upgrade() error {
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
func (r *renewal) Note(n supervisor.Notice) bool {
	r.note(n)
	if r.elder != nil && r.failed(n) {
		return false
	}
	_, stopping := n.(supervisor.NoticeStopping)
	return !stopping || r.successor() == 0
}

// Told comes after others have heard of n: of the first generation that serves, so that
// the parent hears last.
func (r *renewal) Told(n supervisor.Notice) {
	if _, ok := n.(supervisor.NoticeServing); !ok || r.served {
		return
	}
	r.served = true
	if r.public != nil {
		r.public()
	}
	_ = r.upg.Ready() // an error means that the elder is gone: there is nobody to tell
	if r.elder != nil {
		_ = r.elder.Close()
		r.elder = nil
	}
}

// note keeps the books of what a younger hotswap must know.
func (r *renewal) note(n supervisor.Notice) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch n := n.(type) {
	case supervisor.NoticeServing:
		r.book.serves = slices.Clone(n.Endpoints)
	case supervisor.NoticeRolledBack:
		r.book.serves = slices.Clone(n.Endpoints)
	case supervisor.NoticeListening:
		if !n.Debugger {
			r.book.serves = append(r.book.serves, n.Endpoint)
		}
	case supervisor.NoticeBuilding:
		r.builds = time.Now()
	case supervisor.NoticeBuilt:
		if !n.Ended {
			r.book.built, r.built = r.builds, time.Now()
		}
	}
}

// failed gives a younger hotswap up whose first generation does not serve: the
// elder has a better one, and tells why.
func (r *renewal) failed(n supervisor.Notice) bool {
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
	if r.giveUp != nil { // the first reason is the one
		_, _ = r.elder.Write(packet(farewell{Why: reason}))
		go r.giveUp()
		r.giveUp = nil
	}
	return true
}

// longAgo is how long after a build everybody has heard of all that changed while it
// ran: git may hold a batch back for half a minute.
const longAgo = time.Minute

// leaves is what a younger hotswap must know, now, which begins the generation of that
// number. It looks for what has changed since
// the newest build began, since only it may hear of that; but if that was long ago,
// for nothing that was told here.
func (r *renewal) leaves(number handoff.GenID, now time.Time) estate {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.book
	e.last = number - 1
	if !r.built.IsZero() && now.Sub(r.built) > longAgo {
		e.built = r.built
	}
	return e
}

// begin holds changes and signals back: they are the younger's, or wait.
func (r *renewal) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.idle = make(chan struct{})
}

// stays ends a renewal that failed. It says whether hotswap was told to stop
// meanwhile, and whether to swap.
func (r *renewal) stays() (stopping, swap bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.idle)
	for _, sig := range r.held {
		stopping, swap = stopping || sig != syscall.SIGHUP, swap || sig == syscall.SIGHUP
	}
	r.held = nil
	return stopping, swap
}

// over ends a renewal that succeeded: what came meanwhile was meant for the
// hotswap that is to stay.
func (r *renewal) over(heir *proc.Handle) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heir = heir
	close(r.passed)
	for _, sig := range r.held {
		_ = heir.Signal(sig.(syscall.Signal)) // an error means that it has ended
	}
	r.held = nil
}

func (r *renewal) successor() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.heir == nil {
		return 0
	}
	return r.heir.PID()
}

// hold keeps a signal that asks for a swap while a renewal is under way, and
// passes it on after one.
func (r *renewal) hold(sig os.Signal) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.heir != nil {
		_ = r.heir.Signal(sig.(syscall.Signal))
		return true
	}
	select {
	case <-r.idle:
		return false
	default:
		r.held = append(r.held, sig)
		return true
	}
}

// forgo ends the renewal that is under way, and all others: hotswap stops. If
// it comes too late, the signal is the younger's too.
func (r *renewal) forgo(sig os.Signal) {
	if r.successor() == 0 {
		r.hold(sig)
	}
	r.upg.Stop()
}

// free waits until no renewal is under way; false: one succeeded, or ctx ended.
func (r *renewal) free(ctx context.Context) bool {
	r.mu.Lock()
	idle := r.idle
	r.mu.Unlock()
	select {
	case <-idle:
		return true
	case <-r.passed:
		return false
	case <-ctx.Done():
		return false
	}
}
