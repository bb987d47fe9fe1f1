package engine

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// sleepable returns why a program cannot sleep here.
func (e *Engine) sleepable() error {
	if e.Mechanism.alone(options.Ready{}) {
		return exit.Unavailablef("--idle: hotswap has no socket here in which clients could wait: give --proxy, too")
	}
	_, err := sockdiag.Listeners(false, 0)
	if err != nil {
		err = exit.Unavailablef("--idle: hotswap cannot see here whether the program has connections: %w", err)
	}
	return err
}

// sight is what one look shows of the work of a program.
type sight struct {
	at    time.Time
	gen   report.GenID           // that may sleep; 0: none may
	conns map[sockdiag.Name]bool // at its ports, whether they are open; also those that were closed a moment ago
	spent time.Duration          // of processors, by it and by what runs beside
}

// rests reports whether the program had no work between two looks.
func (s sight) rests(before sight) bool {
	if s.gen == 0 || s.gen != before.gen || s.spent < before.spent { // a process has ended
		return false
	}
	for name, open := range s.conns {
		if _, known := before.conns[name]; open || !known {
			return false
		}
	}
	return 100*(s.spent-before.spent) <= s.at.Sub(before.at) // runtimes have timers of their own
}

// sleep ends a program that has had no work for so long, and starts it for the next client, until ctx ends. With 0 it
// does nothing.
func (e *Engine) sleep(ctx context.Context, idle time.Duration) {
	var last sight
	for since := time.Now(); idle > 0 && ctx.Err() == nil; {
		if st := e.Supervisor.Current(); st.State == report.PhaseAsleep {
			if clientWaits(e.Mechanism) {
				e.Supervisor.Wake()
			}
			continue
		}
		now := e.observe()
		if !now.rests(last) {
			since = now.at
		}
		last = now
		if now.at.Sub(since) < idle {
			// the kernel remembers for a minute what was closed (TIME_WAIT)
			_ = wait.For(ctx, max(wait.Poll, min(idle/5, 10*wait.Seldom)))
			continue
		}
		e.Supervisor.Sleep(now.gen, idle)
		debug.FreeOSMemory() // there may be many that sleep
		last = sight{}
	}
}

// maySleep reports whether what serves could start again, has no connection, has asked hotswap for nothing, and has
// only sockets that hotswap keeps, by network and address.
func maySleep(st report.Status, kept map[string]bool) bool {
	return st.State == report.PhaseServing && len(st.Generations) == 1 && st.Generations[0].Connections == 0 &&
		!st.UnderWay && st.Paused == nil &&
		st.Failure == nil && st.RolledBackFrom == 0 && st.Program == nil && len(st.Endpoints) > 0 &&
		!slices.ContainsFunc(st.Endpoints, func(at report.EndpointStatus) bool {
			return !at.Debugger && !kept[at.Network+at.Address]
		})
}

func (e *Engine) observe() (s sight) {
	st := e.Supervisor.Now()
	s.at = time.Now()
	kept := map[string]bool{}
	e.Mechanism.Queues(func(at handoff.Endpoint, _ int) { kept[at.Network+at.Address()] = true })
	tree := e.Supervisor.Tree(st.Generation)
	var err error
	s.conns, err = connectionsTo(tree)
	if err == nil && maySleep(st, kept) {
		s.gen = st.Generation
	}
	for _, b := range st.Beside {
		tree = append(append(tree, b.PID), proc.Descendants(b.PID)...)
	}
	for _, pid := range tree {
		if stat, err := procfs.Of(pid).Stat(); err == nil {
			for field := 14; field <= 17; field++ { // its own time, and that of children that have ended
				s.spent += time.Duration(stat.Number(field)) * 10 * time.Millisecond // a tick (sysconf(_SC_CLK_TCK))
			}
		}
	}
	return s
}

// connectionsTo returns the connections at the ports at which these processes listen, debuggers' too, and whether they
// are open.
func connectionsTo(tree []int) (map[sockdiag.Name]bool, error) {
	v6, conns := map[uint16]bool{}, map[sockdiag.Name]bool{} // ports: each family is a walk through a table
	err := sockdiag.Listening(tree, func(_ int, l sockdiag.Socket) {
		v6[l.Local.Port()] = v6[l.Local.Port()] || !l.Local.Addr().Is4()
	})
	const opened = 1<<sockdiag.SynRecv | 1<<sockdiag.Established | 1<<sockdiag.CloseWait
	const all = opened | 1<<sockdiag.FinWait1 | 1<<sockdiag.FinWait2 | 1<<sockdiag.TimeWait
	for port, both := range v6 {
		family := sockdiag.IPv4
		if both {
			family = sockdiag.Both
		}
		// a client of this machine remembers what it has closed
		for _, q := range []sockdiag.Query{{States: all, Family: family, Remote: port},
			{States: all, Family: family, Port: port}} {
			of, failed := sockdiag.Dump(q)
			for _, c := range of {
				conns[c.Name()] = c.Local.Port() == port && opened>>c.State&1 == 1
			}
			err = errors.Join(err, failed)
		}
	}
	return conns, err
}

// Asked reports whether a client may have come to what serves, as far as the kernel remembers (TIME_WAIT, a minute).
// hotswap itself has connected to each address of each generation.
func (e *Engine) Asked() bool {
	st := e.Supervisor.Current()
	if slices.ContainsFunc(st.Endpoints, func(at report.EndpointStatus) bool { return at.Network == "unix" }) {
		return true // the kernel does not remember those clients
	}
	conns, err := connectionsTo(e.Supervisor.Tree(st.Generation))
	own := 0
	for _, l := range st.Lives {
		if time.Since(l.Began) < time.Minute {
			own += len(st.Endpoints)
		}
	}
	return err != nil || len(conns) > own
}

// clientWaits reports whether a client waits. If none does, it returns a moment later, or when one comes.
func clientWaits(m Mechanism) bool {
	var quiet []unix.PollFd
	client := false
	accepted := m.Queues(func(_ handoff.Endpoint, fd int) { // of what is still the mechanism's
		now := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		_, _ = unix.Poll(now, 0)
		switch now[0].Revents {
		case unix.POLLIN:
			client = true
		case 0: // else it leaves its group just now, and would end each pause at once
			quiet = append(quiet, now...)
		}
	})
	if !client && !accepted {
		_, _ = unix.Poll(quiet, int(10*wait.Poll/time.Millisecond)) // whatever it says, the next look tells
	}
	return client || accepted
}
