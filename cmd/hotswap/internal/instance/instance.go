package instance

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/record"
)

// lastAnswers is how long the end waits for answers that are being written.
const lastAnswers = 500 * time.Millisecond

// Instance is how this hotswap can be found: its record, its control socket,
// and the marker of its processes. All but the marker may be missing, and then
// it does the same work unseen.
type Instance struct {
	say    instanceReporter
	Run    string          // constant
	dir    record.Dir      // "": there is no place for records
	child  bool            // it takes an parent's place
	Path   string          // of the control socket; "": there is none
	socket *control.Socket // nil likewise
	server *control.Server

	mu              sync.Mutex // guards what follows; held while the record is written
	rec             record.Record
	public          bool // it is this hotswap that is found, no parent
	paused          bool // another one may write
	written, warned bool // the record has been; it was told that it cannot be

	inherited []proc.Identity // keepers of the parent, which may still drain
}

// Config says how an instance is found.
type Config struct {
	Command   []string
	Control   string // --control: a path, controlNone, or "" for the usual place
	Run       string // the parent's run, for a child; "": a new one
	Inherited string // the path of the parent's control socket; "": there is none
	Child     bool   // it takes a parent's place when it serves
}

// New makes this hotswap one that can be found, or that will be when it
// has taken an parent's place.
func New(c Config, say instanceReporter) (*Instance, error) {
	p := &Instance{say: say, Run: c.Run, child: c.Child}
	if p.Run == "" {
		b := make([]byte, 8)
		_, _ = rand.Read(b) // never fails
		p.Run = hex.EncodeToString(b)
	}
	var err error
	if p.dir, err = record.Home(); err != nil {
		say.RecordFailed(err)
	}
	if err := p.bind(c); err != nil {
		return nil, exit.Unavailable(err)
	}
	dir, _ := os.Getwd()
	self, _ := proc.Identify(os.Getpid())
	p.rec = record.Record{Run: p.Run, Identity: self, Dir: dir, Command: c.Command, Control: p.Path, Generations: []record.Generation{}}
	if !c.Child {
		p.Appear()
		return p, nil
	}
	if parent, ok := proc.Identify(os.Getppid()); ok {
		p.rec.Parent = &parent
	}
	return p, nil
}

// bind listens beside the socket's path. An error means that hotswap was asked
// for a place where it cannot; without being asked it does without.
func (p *Instance) bind(c Config) error {
	asked := c.Control != ""
	switch {
	case c.Control == options.ControlNone:
		return nil
	case c.Inherited != "":
		p.Path, asked = c.Inherited, false
	case asked:
		p.Path, _ = filepath.Abs(c.Control)
	case p.dir != "":
		p.Path = p.dir.Socket(p.Run)
	default:
		return nil
	}
	var err error
	if p.socket, err = control.Bind(p.Path); err == nil && !p.child {
		if err = p.socket.Claim(); err != nil {
			p.socket.Close()
		}
	}
	if err != nil {
		p.socket = nil
	}
	if err != nil && asked {
		return fmt.Errorf("--control: %w", err)
	}
	if err != nil {
		p.Path = ""
		p.say.ControlUnavailable(err)
	}
	return nil
}

// appear makes this hotswap the one that is found. A child's supervisor
// calls it before the parent is told.
func (p *Instance) Appear() {
	if p.socket != nil && p.child {
		if err := p.socket.Publish(); err != nil {
			p.say.ControlUnavailable(err)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.public = true
	if p.rec.Parent != nil {
		if parent, err := p.dir.Read(p.Run); err == nil {
			p.inherited = parent.Keepers
		}
		p.writeLocked() // before the parent, whom the record names, may end
	}
}

// environ is env as the program gets it. What it says of a hotswap above this
// one is not for the program.
func (p *Instance) Environ(env []string) []string {
	out := slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		key, _, _ := strings.Cut(kv, "=")
		return key == options.RunEnv || key == options.ControlEnv
	})
	out = append(out, options.RunEnv+"="+p.Run)
	if p.Path != "" {
		out = append(out, options.ControlEnv+"="+p.Path)
	}
	return out
}

// serve answers at the control socket from now on.
func (p *Instance) Serve(i control.Instance) {
	if p.socket != nil {
		p.server = control.Serve(p.socket, i)
	}
}

// keep writes the record when generations have started or ended, until ctx
// ends.
func (p *Instance) Keep(ctx context.Context, s *supervisor.Supervisor) {
	written := ""
	for {
		changed := s.Changed()
		gens := generations(s.Status())
		if now := fmt.Sprint(gens, proc.Keepers()); now != written && p.write(gens) {
			written = now
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// generations are those of the status. A first process that has ended is not named: its
// number may be a stranger's, and what the record names is ended as a leftover.
func generations(st supervisor.Status) []record.Generation {
	out := []record.Generation{}
	add := func(gen supervisor.GenID, pid int) {
		if id, alive := proc.IdentifyBelow(pid); alive {
			out = append(out, record.Generation{ID: int(gen), Identity: id})
		} else if pid != 0 {
			out = append(out, record.Generation{ID: int(gen)})
		}
	}
	for _, g := range st.Generations {
		add(g.ID, g.PID)
	}
	if s := st.Standby; s != nil { // which would be left like any other
		add(s.Generation, s.PID)
	}
	return out
}

// write tries to; false: it is not this hotswap's turn. What failed is tried
// again when there is something new to write.
func (p *Instance) write(gens []record.Generation) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.public || p.paused {
		return false
	}
	p.rec.Generations = gens
	p.writeLocked()
	return true
}

func (p *Instance) writeLocked() {
	if p.dir == "" {
		return
	}
	p.rec.Keepers = proc.Keepers()
	for _, k := range p.inherited {
		if k.Alive() {
			p.rec.Keepers = append(p.rec.Keepers, k)
		}
	}
	err := p.dir.Write(p.rec)
	if err == nil {
		p.written = true
		return
	}
	if !p.written {
		p.dir.Remove(p.Run) // an parent's: when that one has ended, this run would count as dead
	}
	if !p.warned {
		p.warned = true
		p.say.RecordFailed(err)
	}
}

// pause waits until the record is written, and keeps it as it is meanwhile.
func (p *Instance) Pause(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused = on
}

// close ends it all; an child has the path and the record by now.
func (p *Instance) Close(child bool) {
	if child && p.socket != nil {
		p.socket.Disown()
	}
	switch {
	case p.server != nil:
		ctx, cancel := context.WithTimeout(context.Background(), lastAnswers)
		defer cancel()
		p.server.Close(ctx)
	case p.socket != nil:
		p.socket.Close()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.public && !child && p.dir != "" {
		p.dir.RemoveAll(p.Run)
	}
}
