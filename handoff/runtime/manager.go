package runtime

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/direct"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

// Manager prepares standbys, and the rehearsals that show what a standby may load. The main
// process of the serving generation decides which runtime prepares the next one.
type Manager struct {
	tmp      *scratch.Folder
	memory   string
	runtimes []Runtime

	mu      sync.Mutex // guards what follows
	program standby.Program
	path    []standby.Process
	files   standby.FileStates // on which a standby of the program depends, when it was inspected
	givenBy string             // the command that may have given the program what is out of date later
	key     string             // of the program of which something is known
	known   *standby.Knowledge // nil until key is set

	launchers []standby.Process // above the newest program that could start by itself
	shortcut  atomic.Pointer[shortcut]
}

// New returns a manager. Standbys have their folders in tmp, and the folder memory, unless it is "", keeps what
// rehearsals have shown. Inspect asks the runtimes in this order.
func New(tmp *scratch.Folder, memory string, runtimes ...Runtime) *Manager {
	m := &Manager{tmp: tmp, memory: memory, runtimes: runtimes}
	m.Whole()
	return m
}

// Inspect finds out what standbys hold and load after the generation that was launched. pid is its first process. learn
// reports whether a rehearsal would show more than is known. An error says why there can be no standby. After a
// [handoff.Unknown] the result of the last Inspect counts.
func (m *Manager) Inspect(ctx context.Context, l handoff.Launch, pid int, tree func() []int) (
	learn bool, err error) {
	var why error
	for _, r := range m.runtimes {
		program, procs, err := r.Inspect(ctx, l.Gen, tree)
		if err == nil {
			err = r.Rules().Eligible(procs, pid, program.PID())
		}
		if err == nil {
			path := standby.ProcessPath(procs, pid, program.PID())
			learn, err = m.Use(l.Argv, program, m.judge(l, program, path)...)
		}
		if err == nil {
			return learn, nil
		}
		if why == nil || isUnknown(why) || !isUnknown(err) {
			why = err
		}
	}
	if !isUnknown(why) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.program = nil
		m.shortcut.Store(&shortcut{why: handoff.Unknown(why.Error())})
	}
	return false, why
}

func isUnknown(err error) bool { return errors.As(err, new(handoff.Unknown)) }

// Use makes the next standbys for this main process. path leads from the command's process to
// it. Each process of the path may run a second time.
func (m *Manager) Use(command []string, program standby.Program, path ...standby.Process) (learn bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	spec, err := m.specLocked(program, path, command, false)
	if err != nil {
		return false, err
	}
	m.program, m.path, m.files = program, path, spec.Files
	return len(spec.Unknown) > 0, nil
}

// Prepare adds to the launch what makes the program wait; with rehearse, what makes the program load
// its packages and show what they do meanwhile. The error is a [handoff.Unknown] if files on which a
// standby depends have changed since the last Inspect: the command may do something else now.
func (m *Manager) Prepare(l *handoff.Launch, rehearse bool) (handoff.Standby, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.program == nil {
		return nil, errUninspected
	}
	spec, err := m.specLocked(m.program, m.path, l.Argv, rehearse)
	if err != nil {
		return nil, err
	}
	if err := m.files.Validate(spec.Files); err != nil {
		return nil, handoff.Unknown(err.Error())
	}
	if rehearse && len(spec.Unknown) == 0 {
		return nil, handoff.Unknown("what its packages do is known")
	}
	s, err := m.known.Prepare(l, m.tmp, spec)
	if err != nil {
		return nil, err // not a nil *standby.Standby
	}
	return s, nil
}

// specLocked returns what a standby of the program holds and loads now, or a rehearsal.
func (m *Manager) specLocked(program standby.Program, path []standby.Process, argv []string,
	rehearse bool) (spec standby.Spec, err error) {
	named, err := namedBy(program, path, argv)
	if err != nil {
		return spec, err
	}
	main := path[len(path)-1]
	key := strings.Join(append([]string{
		self(), main.Dir, program.Key(), standby.Fingerprint(main.Exe),
		standby.Fingerprint(named...),
	}, argv...), "\x00")
	if m.key != key {
		m.key, m.known = key, standby.Remember(m.memory, key)
	}
	q := standby.Question{Env: main.Var, Rehearse: rehearse}
	spec, err = program.Spec(standby.Request{Argv: argv, Path: path, Named: named, Known: m.known, Question: q})
	if err != nil {
		return spec, err
	}
	spec.Files.Take(named...)
	spec.Files.Take(main.Exe)
	spec.GivenBy = m.givenBy
	return spec, nil
}

// self is the fingerprint of hotswap's own file: what another version has observed does not count.
var self = sync.OnceValue(func() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	return standby.Fingerprint(path)
})

// namedBy returns the files that are named by the commands of the path, and read before
// the program runs: scripts, configurations, files with variables.
func namedBy(program standby.Program, path []standby.Process, argv []string) ([]string, error) {
	words, dirs := program.Names(path)
	words = append(words, argv...)
	waited := false
	for _, p := range path {
		words = append(append(words, p.Argv...), p.Script, p.Lifecycle())
		dirs = append(dirs, p.Dir)
		waited = waited || p.Waited
	}
	named := slices.DeleteFunc(standby.Named(dirs, words...), program.Rereads)
	scripts := standby.Scripts(named)
	return append(named, slices.DeleteFunc(standby.Mentioned(dirs, scripts), program.Rereads)...),
		standby.Stepped(argv, scripts, waited)
}

const errUninspected = handoff.Unknown("no generation has been inspected")

// shortcut says how the program starts by itself. It is constant: the supervisor's loop waits for no lock of a Manager.
type shortcut struct {
	start *direct.Start // nil: the whole command runs
	why   error         // it does
}

// judge finds out how the program starts without its launchers, from a generation that ran the whole command, and
// returns the path that leads to the program. Of a generation that ran the program by itself, that is the path by which
// the launchers led to it.
func (m *Manager) judge(l handoff.Launch, program standby.Program, path []standby.Process) []standby.Process {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.launchers != nil && len(path) == 1 {
		return append(slices.Clone(m.launchers), path...)
	}
	s, why := direct.New(l, path, program)
	m.givenBy = ""
	if s != nil {
		m.launchers = s.Launchers
	} else {
		m.givenBy = direct.Unknown(l.Argv, path)
	}
	m.shortcut.Store(&shortcut{s, why})
	return path
}

// Shorten changes a launch so that the program starts by itself.
func (m *Manager) Shorten(l *handoff.Launch) (handoff.Direct, error) {
	c := m.shortcut.Load()
	if c.start == nil {
		return handoff.Direct{}, c.why
	}
	return c.start.Apply(l)
}

// Whole has the whole command run until another generation that did so was inspected.
func (m *Manager) Whole() { m.shortcut.Store(&shortcut{why: errUninspected}) }
