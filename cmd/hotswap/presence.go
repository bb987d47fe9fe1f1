package main

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

	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/record"
)

// In the environment of every process of the program.
const (
	runEnv     = "HOTSWAP_RUN"     // which hotswap it is of: the marker of its processes
	controlEnv = "HOTSWAP_CONTROL" // where that one can be spoken with
)

// controlNone is the value of --control that switches the socket off.
const controlNone = "none"

// lastAnswers is how long the end waits for answers that are being written.
const lastAnswers = 500 * time.Millisecond

// presence is how this hotswap can be found: its record, its control socket,
// and the marker of its processes. All but the marker may be missing, and then
// it does the same work unseen.
type presence struct {
	say    instanceReporter
	run    string          // constant
	dir    record.Dir      // "": there is no place for records
	heir   bool            // it takes an elder's place
	path   string          // of the control socket; "": there is none
	socket *control.Socket // nil likewise
	server *control.Server

	mu              sync.Mutex // guards what follows; held while the record is written
	rec             record.Record
	public          bool // it is this hotswap that is found, no elder
	paused          bool // another one may write
	written, warned bool // the record has been; it was told that it cannot be

	inherited []proc.Identity // keepers of the elder, which may still drain
}

// instanceConfig says how an instance is found.
type instanceConfig struct {
	Command   []string
	Control   string // --control: a path, controlNone, or "" for the usual place
	Run       string // the parent's run, for a child; "": a new one
	Inherited string // the path of the parent's control socket; "": there is none
	Child     bool   // it takes a parent's place when it serves
}

// newPresence makes this hotswap one that can be found, or that will be when it
// has taken an elder's place.
func newPresence(c instanceConfig, say instanceReporter) (*presence, error) {
	p := &presence{say: say, run: c.Run, heir: c.Child}
	if p.run == "" {
		b := make([]byte, 8)
		_, _ = rand.Read(b) // never fails
		p.run = hex.EncodeToString(b)
	}
	var err error
	if p.dir, err = record.Home(); err != nil {
		say.RecordFailed(err)
	}
	if err := p.bind(c); err != nil {
		return nil, unavailable(err)
	}
	dir, _ := os.Getwd()
	self, _ := proc.Identify(os.Getpid())
	p.rec = record.Record{Run: p.run, Identity: self, Dir: dir, Command: c.Command, Control: p.path, Generations: []record.Generation{}}
	if !c.Child {
		p.appear()
		return p, nil
	}
	if elder, ok := proc.Identify(os.Getppid()); ok {
		p.rec.Elder = &elder
	}
	return p, nil
}

// bind listens beside the socket's path. An error means that hotswap was asked
// for a place where it cannot; without being asked it does without.
func (p *presence) bind(c instanceConfig) error {
	asked := c.Control != ""
	switch {
	case c.Control == controlNone:
		return nil
	case c.Inherited != "":
		p.path, asked = c.Inherited, false
	case asked:
		p.path, _ = filepath.Abs(c.Control)
	case p.dir != "":
		p.path = p.dir.Socket(p.run)
	default:
		return nil
	}
	var err error
	if p.socket, err = control.Bind(p.path); err == nil && !p.heir {
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
		p.path = ""
		p.say.ControlUnavailable(err)
	}
	return nil
}

// appear makes this hotswap the one that is found. A younger one's supervisor
// calls it before the elder is told.
func (p *presence) appear() {
	if p.socket != nil && p.heir {
		if err := p.socket.Publish(); err != nil {
			p.say.ControlUnavailable(err)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.public = true
	if p.rec.Elder != nil {
		if elder, err := p.dir.Read(p.run); err == nil {
			p.inherited = elder.Keepers
		}
		p.writeLocked() // before the elder, whom the record names, may end
	}
}

// environ is env as the program gets it. What it says of a hotswap above this
// one is not for the program.
func (p *presence) environ(env []string) []string {
	out := slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		key, _, _ := strings.Cut(kv, "=")
		return key == runEnv || key == controlEnv
	})
	out = append(out, runEnv+"="+p.run)
	if p.path != "" {
		out = append(out, controlEnv+"="+p.path)
	}
	return out
}

// markerIn is the marker of the program's processes, or "".
func markerIn(env []string) string {
	if i := slices.IndexFunc(env, func(kv string) bool { return strings.HasPrefix(kv, runEnv+"=") }); i >= 0 {
		return env[i]
	}
	return ""
}

// serve answers at the control socket from now on.
func (p *presence) serve(i control.Instance) {
	if p.socket != nil {
		p.server = control.Serve(p.socket, i)
	}
}

// keep writes the record when generations have started or ended, until ctx
// ends.
func (p *presence) keep(ctx context.Context, s *supervisor.Supervisor) {
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
func (p *presence) write(gens []record.Generation) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.public || p.paused {
		return false
	}
	p.rec.Generations = gens
	p.writeLocked()
	return true
}

func (p *presence) writeLocked() {
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
		p.dir.Forget(p.run) // an elder's: when that one has ended, this run would count as dead
	}
	if !p.warned {
		p.warned = true
		p.say.RecordFailed(err)
	}
}

// pause waits until the record is written, and keeps it as it is meanwhile.
func (p *presence) pause(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused = on
}

// close ends it all; an heir has the path and the record by now.
func (p *presence) close(heir bool) {
	if heir && p.socket != nil {
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
	if p.public && !heir && p.dir != "" {
		p.dir.Remove(p.run)
	}
}
