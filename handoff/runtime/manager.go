package runtime

import (
	"context"
	"errors"
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
	program   standby.Program
	path      []standby.Process
	histories map[string]*standby.History // by runtime
}

// New returns a manager whose standbys have their folders in tmp. Inspect asks the
// runtimes in this order.
func New(tmp *scratch.Folder, exclude []string, runtimes ...Runtime) *Manager {
	return &Manager{tmp: tmp, exclude: exclude, runtimes: runtimes, histories: map[string]*standby.History{}}
}

// Inspect finds out what a standby for the generation after gen holds and loads. pid is
// the generation's first process. An error says why there can be no standby.
func (m *Manager) Inspect(ctx context.Context, gen handoff.GenID, pid int, tree func() []int) error {
	var why error
	for _, r := range m.runtimes {
		err := m.inspect(ctx, r, gen, pid, tree)
		if err == nil {
			return nil
		}
		if why == nil || errors.Is(why, standby.ErrNoProcess) || !errors.Is(err, standby.ErrNoProcess) {
			why = err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.program = nil
	return why
}

func (m *Manager) inspect(ctx context.Context, r Runtime, gen handoff.GenID, pid int, tree func() []int) error {
	program, procs, err := r.Inspect(ctx, gen, tree)
	if err != nil {
		return err
	}
	if err := r.Rules().Eligible(procs, pid, program.PID()); err != nil {
		return err
	}
	return m.Use(program, standby.ProcessPath(procs, pid, program.PID())...)
}

// Use has the next standby prepared after a program, whose process is the last of the
// path that leads to it. Each process of the path may run a second time.
func (m *Manager) Use(program standby.Program, path ...standby.Process) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := program.Spec(standby.Request{Path: path}); err != nil {
		return err
	}
	m.program, m.path = program, path
	return nil
}

// Prepare adds to the launch what makes the program wait.
func (m *Manager) Prepare(l *handoff.Launch) (*standby.Standby, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.program == nil {
		return nil, errors.New("no generation has been inspected")
	}
	named, err := m.namedLocked(l.Argv)
	if err != nil {
		return nil, err
	}
	history := m.histories[m.program.Runtime()]
	if history == nil {
		history = standby.NewHistory(m.tmp)
		m.histories[m.program.Runtime()] = history
	}
	barred, all := history.Barred()
	spec, err := m.program.Spec(standby.Request{Launch: l, Path: m.path, Named: named, Exclude: append(barred, m.exclude...), Bare: all})
	if err != nil {
		return nil, err
	}
	spec.Files.Take(named...)
	spec.Files.Take(m.path[len(m.path)-1].Exe)
	return history.Prepare(l, spec)
}

// namedLocked are the files that are named on the way to the program, without those that
// the program reads itself.
func (m *Manager) namedLocked(argv []string) ([]string, error) {
	words, dirs := m.program.Names(m.path)
	words = append(words, argv...)
	waited := false
	for _, p := range m.path {
		words, dirs = append(words, p.Texts()...), append(dirs, p.Dir)
		waited = waited || p.Waited
	}
	named := slices.DeleteFunc(standby.Named(dirs, words...), m.program.Rereads)
	if err := standby.Scripts(named); err != nil {
		return nil, err
	}
	if waited {
		return named, standby.Stepped(argv, named)
	}
	return named, nil
}
