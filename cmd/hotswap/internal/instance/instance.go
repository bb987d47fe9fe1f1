// Package instance makes a running hotswap one that other processes find: by its record, its
// control socket, and the marker of its processes. It also ends the processes of hotswaps
// that were killed.
package instance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/record"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Instance is how other processes find this hotswap: its record, its control socket, and the
// marker of its processes. All but the marker are optional; hotswap works without them.
type Instance struct {
	report reporter
	dir    record.Dir      // "": there is no place for records
	server *control.Server // nil: there is none

	mu      sync.Mutex // guards what follows; held while the record is written
	rec     record.Record
	public  bool            // this hotswap is found, and not a parent
	frozen  bool            // a child may write the record
	written bool            // this process has written the record
	warned  bool            // the user knows that the record cannot be written
	parents []proc.Identity // keepers of the parent, which may still drain
}

type reporter interface {
	ControlUnavailable(error)
	RecordFailed(error)
	Leftovers(processes int, of record.Record)
	LeftoversStay(of record.Record, why error)
}

type Config struct {
	Command []string
	Name    string       // by which commands find it; "": none
	Port    options.Port // that the program is told
	Was     Frozen       // by the parent of a child
	Child   bool         // it takes a parent's place when it serves
}

// New makes this hotswap one that is found: at once, or, for a child, at Publish. It returns an error with an exit code
// if a hotswap runs in the current folder already with this command and the same PORT. Two that start in the same
// moment do not see each other.
func New(c Config, reporter reporter) (*Instance, error) {
	if !c.Child {
		if same, _, err := here(c); err == nil && same.PID != 0 { // what follows says what is wrong with the folder
			return nil, exit.Unavailablef(
				"another hotswap (process %d) runs this command here already: %s; hotswap status shows it; give a second one another PORT", same.PID, described(same))
		}
	}
	i := &Instance{report: reporter, public: !c.Child}
	was := c.Was
	if was.Run == "" {
		was.Run = fmt.Sprintf("%016x", rand.Uint64())
	}
	var noDir error
	i.dir, noDir = record.Home()
	if noDir != nil && was.Control != "" {
		reporter.RecordFailed(noDir) // bind says why there is no socket, either
	}
	path := i.bind(was, noDir)
	dir, _ := os.Getwd()
	self, _ := proc.Identify(os.Getpid())
	i.rec = record.Record{Run: was.Run, Identity: self, Name: c.Name, Dir: dir, Command: c.Command, Control: path,
		Generations: []proc.Identity{}}
	if parent, ok := proc.Identify(os.Getppid()); ok && c.Child {
		i.rec.Parent = &parent
	}
	return i, nil
}

// bind listens at a temporary path, and, unless this hotswap is a child, moves the socket to its path, which is the
// parent's or that of the run. hotswap works without a socket, too: then the path is "". noDir says why there is no
// place for records.
func (i *Instance) bind(was Frozen, noDir error) string {
	path := was.Control
	switch {
	case path == "" && noDir != nil:
		i.report.ControlUnavailable(fmt.Errorf("cannot write the record of this run: %w; "+
			"if hotswap is killed, the next start does not find what is left", noDir))
		return ""
	case path == "":
		path = i.dir.Socket(was.Run)
	}
	server, err := control.Bind(path)
	if err == nil && i.public {
		err = server.Publish()
		if err != nil {
			server.Close(context.Background())
		}
	}
	if err != nil {
		i.report.ControlUnavailable(err)
		return ""
	}
	i.server = server
	return path
}

// Publish puts a child in its parent's place. It must return before the parent learns that
// the child serves, since the record must name the parent before the parent ends.
func (i *Instance) Publish() {
	if i.server != nil {
		if err := i.server.Publish(); err != nil {
			i.report.ControlUnavailable(err)
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.public = true
	if i.rec.Parent != nil {
		if parent, err := i.dir.Read(i.rec.Run); err == nil {
			i.parents = parent.Keepers
		}
		i.writeLocked()
	}
}

// Environ returns env for the program: with this run's marker and control socket, and
// without the variables of a hotswap above this one.
func (i *Instance) Environ(env []string) []string {
	env = handoff.Without(env, options.RunEnv, options.ControlEnv, options.DetachedEnv, options.ToolEnv,
		"HOTSWAP_FILES", "HOTSWAP_EVENT", "HOTSWAP_ERROR")
	env = append(env, options.RunEnv+"="+i.rec.Run)
	if i.rec.Control != "" {
		env = append(env, options.ControlEnv+"="+i.rec.Control)
	}
	return env
}

func (i *Instance) Serve(c control.Instance, f control.Feed) {
	if i.server != nil {
		i.server.Serve(c, f)
	}
}

// Run writes the record whenever generations have started or ended, until ctx ends.
func (i *Instance) Run(ctx context.Context, s *supervisor.Supervisor) {
	written, gens := "", []proc.Identity(nil)
	for {
		st := s.Status()
		pids := programs(st)
		if now := fmt.Sprint(pids, proc.Keepers()); now != written {
			gens = generations(pids, gens)
			if i.write(gens) {
				written = now
			}
		}
		if wait.On(ctx, st.Changed) != nil {
			return
		}
	}
}

// generations returns the main processes that are alive. It leaves out the process ID of one
// that has ended: the number may be a stranger's by now, and hotswap ends the
// processes that a record names. before has what it returned last: such a process needs to be alive only.
func generations(pids []int, before []proc.Identity) []proc.Identity {
	out := []proc.Identity{}
	for _, pid := range pids {
		same := func(id proc.Identity) bool { return id.PID == pid && id.Alive() }
		if at := slices.IndexFunc(before, same); at >= 0 {
			out = append(out, before[at])
		} else if id, alive := proc.IdentifyBelow(pid); alive {
			out = append(out, id)
		}
	}
	return out
}

// programs returns the main processes, also those that have ended.
func programs(st report.Status) (pids []int) {
	for _, g := range st.Generations {
		pids = append(pids, g.PID)
	}
	if s := st.Standby; s != nil {
		pids = append(pids, s.PID)
	}
	return append(pids, st.Rehearsal)
}

// write reports whether this hotswap may write the record at present. A write that failed
// is repeated at the next change only.
func (i *Instance) write(gens []proc.Identity) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.public || i.frozen {
		return false
	}
	i.rec.Generations = gens
	i.writeLocked()
	return true
}

func (i *Instance) writeLocked() {
	if i.dir == "" {
		return
	}
	i.rec.Keepers = proc.Keepers()
	for _, k := range i.parents {
		if k.Alive() {
			i.rec.Keepers = append(i.rec.Keepers, k)
		}
	}
	err := i.dir.Write(i.rec)
	if err == nil {
		i.written = true
		return
	}
	if !i.written {
		i.dir.Remove(i.rec.Run) // a parent's record would make this run count as dead when the parent ends
	}
	if !i.warned {
		i.warned = true
		i.report.RecordFailed(err)
	}
}

// Close closes the control socket and removes the record, unless a child took both over.
func (i *Instance) Close() {
	if i.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), wait.LastAnswers)
		defer cancel()
		i.server.Close(ctx)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.public && i.dir != "" {
		i.dir.RemoveAll(i.rec.Run)
	}
}

// Frozen is what a child gets.
type Frozen struct {
	Run     string // the run's name
	Control string // the path of the control socket; "": there is none
}

// Freeze waits until the record is written, and keeps that record.
func (i *Instance) Freeze() (state any, fds []int, err error) {
	i.setFrozen(true)
	return Frozen{i.rec.Run, i.rec.Control}, nil, nil
}

func (i *Instance) Thaw() error {
	i.setFrozen(false)
	return nil
}

func (i *Instance) setFrozen(to bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.frozen = to
}

// Release leaves the record and the path of the control socket to a child. It ends the streams of events: clients find
// the child when they connect again.
func (i *Instance) Release() {
	i.mu.Lock()
	i.public = false
	i.mu.Unlock()
	if i.server != nil {
		i.server.EndStreams()
	}
}
