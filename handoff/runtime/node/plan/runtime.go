package plan

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/files"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/launchers"
	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

const retry = 250 * time.Millisecond // for a process that has not connected yet, or computes

// Runtime prepares standbys of Node programs.
type Runtime struct {
	adapters func(handoff.GenID) *files.Session // nil: the generation has none
	steers   bool                               // two generations may listen for their debuggers at one port
	run      []string                           // files of the project that a standby may run

	mu      sync.Mutex      // guards what follows
	dropped map[string]bool // main modules that set variables only when packages have read them
}

// NewRuntime returns the runtime of processes that tell what they have loaded. A program that listens for its debugger
// has a standby only if hotswap steers that port. A standby may run those files of the project that are in run, if
// Node's options name them.
func NewRuntime(adapters func(handoff.GenID) *files.Session, steers bool, run ...string) *Runtime {
	return &Runtime{adapters: adapters, steers: steers, run: standby.Real(run...), dropped: map[string]bool{}}
}

// Inspect returns what the main process has loaded. A process that accepts no connection, such as the primary of a
// cluster, connects to hotswap when it is a second old: Inspect asks until then.
func (r *Runtime) Inspect(ctx context.Context, gen handoff.GenID, tree func() []int) (standby.Program,
	[]standby.Process, error) {
	adapters := r.adapters(gen)
	if adapters == nil {
		return nil, nil, standby.ErrNoProcess
	}
	ctx, cancel := context.WithTimeout(ctx, wait.Work)
	defer cancel()
	for began := time.Now(); ; {
		soon, cancel := context.WithTimeout(ctx, retry) // a pool's thread may wait for its next job
		loaded := adapters.Ask(soon)
		cancel()
		procs, err := standby.ReadProcesses(tree())
		if err != nil {
			return nil, nil, err
		}
		if thread, ok := mainThread(loaded.Threads, procs); ok {
			return r.Program(thread), procs, nil
		}
		if ctx.Err() != nil || len(loaded.Threads) > 0 && !loaded.Partial && time.Since(began) > wait.Reply {
			return nil, nil, standby.ErrNoProcess
		}
		_ = wait.For(ctx, retry)
	}
}

// mainThread returns the main thread of the uppermost process of the program: one whose main module is the project's,
// or that serves. A process above which another may yet tell is none.
func mainThread(threads []files.Snapshot, procs []standby.Process) (files.Snapshot, bool) {
	mains, tell := map[int]files.Snapshot{}, map[int]bool{}
	for _, t := range threads {
		if tool().MatchString(t.Main) && !t.Serves {
			continue
		}
		tell[t.PID] = true
		if t.Thread == 0 && t.Main != "" {
			mains[t.PID] = t
		}
	}
	pid, ok := standby.Uppermost(procs, func(p standby.Process) bool {
		// NODE_UNIQUE_ID marks a worker of a cluster, whose primary has not connected yet.
		return mains[p.PID].Main != "" && p.Var("NODE_UNIQUE_ID") == ""
	}, func(p standby.Process) bool { return tell[p.PID] || Connects(p) })
	return mains[pid], ok
}

// tool matches the files of package managers and of installed tools, as adapter.cjs does.
var tool = lazy.Pattern(`[\\/](node_modules|corepack|\.yarn)[\\/]`)

// Rules returns the rules of Node. The adapter holds every Node process except known tools.
func (r *Runtime) Rules() standby.Rules {
	return standby.Rules{
		Name: "Node", IsMain: handoff.IsNode,
		IsLauncher: func(p standby.Process) bool {
			return handoff.IsNode(p.Name()) && !r.loadsProject(p) &&
				!watches(p)
		},
	}
}

// Runs reports whether a process is of Node, and does more than start another process.
func Runs(p standby.Process) bool {
	return handoff.IsNode(p.Name()) && !p.RunsPackages() && !launchers.Of(p.Package()).Starts
}

// Connects reports whether the adapter of a process connects to hotswap by itself, when the process is a second old
// (adapter.cjs). A process that has set its title counts as one that does.
func Connects(p standby.Process) bool {
	if !Runs(p) || watches(p) || !strings.Contains(p.Var(node.OptionsVariable), "/adapter.cjs") || len(p.Argv) == 0 {
		return false
	}
	_, main := commandLine(p)
	return !handoff.IsNode(filepath.Base(p.Argv[0])) ||
		main != "" && !tool().MatchString(regular.Real(regular.Absolute(main, p.Dir)))
}

// watches reports whether Node restarts the program at each save (node --watch).
func watches(p standby.Process) bool {
	options, _ := commandLine(p)
	return slices.ContainsFunc(options, func(o option) bool {
		return strings.HasPrefix(o.name, "--watch")
	})
}

// loadsProject reports whether Node's options load code of the project, which runs before
// the adapter knows the main module, but for files of --standby-run.
func (r *Runtime) loadsProject(p standby.Process) bool {
	f := facts{dir: p.Dir, run: r.run}
	options, _ := commandLine(p)
	given := parseOptions(node.SplitOptions(p.Var(node.OptionsVariable)))
	return slices.ContainsFunc(append(given, options...), func(o option) bool {
		may, _ := f.mayRun(o.value)
		return o.loads() && !may
	})
}
