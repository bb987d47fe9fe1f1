package engine

import (
	"context"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/runtime/adapters"
	"github.com/hotswap-dev/hotswap/handoff/runtime/connections"
	"github.com/hotswap-dev/hotswap/handoff/runtime/golang"
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// inspector looks at the connections of a generation's processes that do not tell themselves what is under way.
type inspector interface {
	// Inspect returns how the connections stand, and after which pause to look again. alive: a process is left.
	Inspect() (r report.DrainReport, again time.Duration, alive bool)
	EndStreams()
	Close()
}

// draining drains a generation. Of each process either its adapter tells what is under way, or a looker sees that. The
// adapters also hand connections over, and have answers end connections.
type draining struct {
	adapters *connections.Session      // nil: no process has one
	inspect  func() (inspector, error) // opens the looker; nil: nobody shows connections
	policy   drainPolicy
	wake     chan struct{} // something has changed
	unheard  func()        // says once that Go programs with the adapter have connections of which it tells nothing

	mu      sync.Mutex    // guards what follows
	spec    run.DrainSpec // of the current order to the adapters
	retired bool          // that order says that the generation does not serve again
	undo    func()        // takes that order back; nil: there is none yet
}

// drainer returns the supervisor's drainer. look opens a looker at a generation; nil: nobody shows hotswap the
// connections of a program, and a generation of which no process tells is not drained.
func drainer(all *adapters.Transport, p drainPolicy, look func(run.DrainSpec, *connections.Session) (inspector,
	error)) run.Drainer {
	return func(r run.DrainSpec) run.Drain {
		d := &draining{adapters: all.Connections(r.Gen), policy: p, spec: r, wake: make(chan struct{}, 1)}
		if look != nil {
			d.inspect = func() (inspector, error) { return look(r, d.adapters) }
		} else if !d.tells() {
			return nil
		}
		d.unheard = sync.OnceFunc(func() { go inspectGo(r.Tree(), all) })
		return d
	}
}

// inspectGo says of Go programs with the adapter, of which none tells, that no server of net/http is known.
func inspectGo(pids []int, all *adapters.Transport) {
	for _, pid := range pids {
		dir := procfs.Of(pid)
		name := dir.Name() // it may end while its file is read
		if p, _ := golang.Inspect(dir.Path("exe")); p.Asks {
			all.Limited(adapters.Limit{Feature: adapters.NetHTTP, What: name})
		}
	}
}

func (d *draining) tells() bool { return d.adapters != nil && d.adapters.Reports() }

// begin has the adapters drain until ctx ends, which is when the generation serves again or is gone.
func (d *draining) begin(ctx context.Context) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.adapters == nil {
		return
	}
	d.undo = d.adapters.Drain(d.policy.options(d.spec))
	context.AfterFunc(ctx, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.undo()
	})
	go d.adapters.Watch(ctx, d.stir)
}

func (d *draining) stir() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Retire begins the drain of the adapters anew, as that of a generation that does not serve again, by what holds now.
func (d *draining) Retire() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.retired, d.spec.Reserve = true, false
	if d.undo != nil {
		d.undo = d.adapters.Drain(d.policy.options(d.spec))
	}
	d.stir()
}

// state returns what the adapters have under way by the current order.
func (d *draining) state() (s connections.State, retired bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.adapters != nil {
		s = d.adapters.State()
	}
	return s, d.retired
}

// Run reports how the connections stand until no process is left, or ctx ends. It reports the generation as idle when
// nothing that can be seen is under way, and each adapter, asked once more then, has said the same after it had read
// what had arrived: by then it has accepted who left a queue.
func (d *draining) Run(ctx context.Context, reporter func(report.DrainReport)) error {
	var looker inspector // nil: nobody shows connections, or not those of this generation
	if d.inspect != nil {
		var err error
		looker, err = d.inspect()
		if err != nil && !d.tells() {
			return err
		}
	}
	if looker != nil {
		defer looker.Close()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d.begin(ctx)
	var (
		seen    = report.DrainReport{Settled: true}
		asked   asking
		answers = report.DrainReport{Busy: -1}
		later   = time.After(0) // when to look
		due     = looker != nil
	)
	for {
		s, retired := d.state()
		if looker != nil && (due || retired != answers.Retired) {
			if d.spec.Streams() {
				looker.EndStreams()
			}
			now, again, alive := looker.Inspect()
			seen = now
			if seen.Connections > 0 && d.spec.Steered && d.adapters != nil && !d.tells() {
				d.unheard()
			}
			if !alive {
				reporter(report.DrainReport{Idle: true, Settled: true, Retired: retired, Moved: s.Moved})
				return nil
			}
			later = time.After(again)
		}
		r := sum(seen, s)
		r.Retired = retired
		r.Idle = asked.idle(d.adapters, r.Free(), retired != answers.Retired)
		if r != answers {
			answers = r
			reporter(r)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-d.wake:
			due = false
		case <-later:
			due = true
		}
	}
}

// sum adds up what was seen of some processes and what others tell.
func sum(seen report.DrainReport, s connections.State) report.DrainReport {
	seen.Connections += s.Connections
	seen.Busy, seen.Streams, seen.Flowing = seen.Busy+s.Busy, seen.Streams+s.Streams, seen.Flowing+s.Flowing
	seen.Rests, seen.Moved, seen.Settled = s.Stays, s.Moved, seen.Settled && s.Stays == 0
	return seen
}

// asking is a question to all adapters, whether anything has come meanwhile. Nil: nobody is asked.
type asking func() (answered, idle bool)

// idle reports whether nothing is under way, after each adapter has been asked. free: nothing is, as far as is known.
// anew: earlier answers do not count.
func (a *asking) idle(told *connections.Session, free, anew bool) bool {
	if told == nil {
		return free
	}
	if !free || anew {
		*a = nil
	}
	if !free {
		return false
	}
	if *a == nil {
		*a = told.Ask()
	}
	answered, idle := (*a)()
	if answered && !idle {
		*a = told.Ask()
	}
	return answered && idle
}
