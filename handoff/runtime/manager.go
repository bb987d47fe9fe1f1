package runtime

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

// Manager prepares standbys. The main process of the serving generation decides which
// runtime prepares the next one.
type Manager struct {
	tmp      *scratch.Folder
	exclude  []string // packages that the user does not want loaded ahead
	runtimes []Runtime

	mu        sync.Mutex // guards what follows
	command   []string   // that leads to the program
	program   standby.Program
	path      []standby.Process
	files     standby.FileStates          // on which a standby of the program depends, when it was inspected
	histories map[string]*standby.History // by runtime
	prepared  map[handoff.GenID]bool      // generations for which there was a standby, newer than the last that was inspected
}

// New returns a manager whose standbys have their folders in tmp. Inspect asks the
// runtimes in this order.
func New(tmp *scratch.Folder, exclude []string, runtimes ...Runtime) *Manager {
	return &Manager{tmp: tmp, exclude: exclude, runtimes: runtimes, histories: map[string]*standby.History{}, prepared: map[handoff.GenID]bool{}}
}

// Inspect finds out what standbys after gen hold and load. pid is the generation's first
// process, which was started by the command. An error says why there can be no standby. After
// an error that wraps [standby.ErrNoProcess] the result of the last Inspect counts.
func (m *Manager) Inspect(ctx context.Context, gen handoff.GenID, command []string, pid int, tree func() []int) error {
	var why error
	for _, r := range m.runtimes {
		err := m.inspect(ctx, r, gen, command, pid, tree)
		if err == nil {
			return nil
		}
		if why == nil || errors.Is(why, standby.ErrNoProcess) || !errors.Is(err, standby.ErrNoProcess) {
			why = err
		}
	}
	if !errors.Is(why, standby.ErrNoProcess) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.program = nil
	}
	return why
}

func (m *Manager) inspect(ctx context.Context, r Runtime, gen handoff.GenID, command []string, pid int, tree func() []int) error {
	program, procs, err := r.Inspect(ctx, gen, tree)
	if err != nil {
		return err
	}
	if err := r.Rules().Eligible(procs, pid, program.PID()); err != nil {
		return err
	}
	program, path := m.ordered(gen, command, program, standby.ProcessPath(procs, pid, program.PID()))
	return m.Use(command, program, path...)
}

// ordered returns the program that was inspected before and its path instead of these if
// the generation was a standby and has loaded the same, in another order. That order is the
// standby's own, and a standby that followed it would load in yet another one: each standby
// would be outdated as soon as the generation before it is inspected.
func (m *Manager) ordered(gen handoff.GenID, command []string, program standby.Program, path []standby.Process) (standby.Program, []standby.Process) {
	m.mu.Lock()
	defer m.mu.Unlock()
	was := m.prepared[gen]
	maps.DeleteFunc(m.prepared, func(g handoff.GenID, _ bool) bool { return g < gen })
	if !was || m.program == nil || m.program.Runtime() != program.Runtime() || !slices.Equal(command, m.command) {
		return program, path
	}
	// Spec may add to the launch, so each has its own.
	known, _, wrong := m.specLocked(m.program, m.path, &handoff.Launch{Argv: command})
	now, _, err := m.specLocked(program, path, &handoff.Launch{Argv: command})
	if wrong != nil || err != nil || !now.EqualButOrder(known) {
		return program, path
	}
	return m.program, m.path
}

// Use makes the next standbys for this main process. path leads from the command's process to
// it. Each process of the path may run a second time.
func (m *Manager) Use(command []string, program standby.Program, path ...standby.Process) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	spec, _, err := m.specLocked(program, path, &handoff.Launch{Argv: command})
	if err != nil {
		return err
	}
	m.command, m.program, m.path, m.files = command, program, path, spec.Files
	return nil
}

// Prepare adds to the launch what makes the program wait. The error wraps [standby.ErrOutdated]
// if files on which a standby depends have changed since the last Inspect: the command may do
// something else now.
func (m *Manager) Prepare(l *handoff.Launch) (*standby.Standby, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.program == nil {
		return nil, fmt.Errorf("no generation has been inspected: %w", standby.ErrOutdated)
	}
	if !slices.Equal(m.command, l.Argv) {
		return nil, fmt.Errorf("the command is another: %w", standby.ErrOutdated)
	}
	spec, history, err := m.specLocked(m.program, m.path, l)
	if err != nil {
		return nil, err
	}
	if path := m.files.Differ(spec.Files); path != "" {
		return nil, fmt.Errorf("%s has changed: %w", path, standby.ErrOutdated)
	}
	m.prepared[l.Gen] = true
	return history.Prepare(l, spec)
}

// Outdated says how a standby that was prepared now would differ from this one; nil: it would
// not.
func (m *Manager) Outdated(s *standby.Standby) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.program == nil {
		return nil // whoever got the error of Inspect ends the standby
	}
	spec, _, err := m.specLocked(m.program, m.path, &handoff.Launch{Argv: m.command})
	if err != nil {
		return err
	}
	return s.Differs(spec)
}

// specLocked returns what a standby of the program holds and loads now.
func (m *Manager) specLocked(program standby.Program, path []standby.Process, l *handoff.Launch) (standby.Spec, *standby.History, error) {
	named, err := namedBy(program, path, l.Argv)
	if err != nil {
		return standby.Spec{}, nil, err
	}
	history := m.histories[program.Runtime()]
	if history == nil {
		history = standby.NewHistory(m.tmp)
		m.histories[program.Runtime()] = history
	}
	barred, all := history.Barred()
	spec, err := program.Spec(standby.Request{Launch: l, Path: path, Named: named, Exclude: append(barred, m.exclude...), Bare: all})
	if err != nil {
		return standby.Spec{}, nil, err
	}
	spec.Files.Take(named...)
	spec.Files.Take(path[len(path)-1].Exe)
	return spec, history, nil
}

// namedBy returns the files that are named by the commands of the path, and read before
// the program runs: scripts, configurations, files with variables.
func namedBy(program standby.Program, path []standby.Process, argv []string) ([]string, error) {
	words, dirs := program.Names(path)
	words = append(words, argv...)
	waited := false
	for _, p := range path {
		words, dirs = append(words, p.Texts()...), append(dirs, p.Dir)
		waited = waited || p.Waited
	}
	named := slices.DeleteFunc(standby.Named(dirs, words...), program.Rereads)
	if err := standby.Scripts(named); err != nil {
		return nil, err
	}
	if waited {
		return named, standby.Stepped(argv, named)
	}
	return named, nil
}
