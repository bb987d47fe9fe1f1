package node

import (
	"path/filepath"
	"strconv"
	"sync"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/assets"
	"github.com/hotswap-dev/hotswap/handoff/runtime/js"
	"github.com/hotswap-dev/hotswap/handoff/runtime/wire"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/rights"
)

// Transport gives each generation the adapter and a socket for it.
type Transport struct {
	tmp     *scratch.Folder    // of the sockets' folders
	into    []assets.Place     // for the adapter's files
	handoff Handoff            // constant after HandOver
	lives   func(pid int) bool // constant
	waits   waits              // constant after HandOver
	room    int                // constant; for the files of a generation's threads, see maxKept
	idle    chan struct{}      // constant; its capacity bounds the connections that wait for a process

	// OnWithout is called once, with the reason, when a generation starts without the adapter, and OnLimit once for each
	// feature that is off in a version of Node. They are set before the first Prepare; nil: nothing is called.
	OnWithout func(why error)
	OnLimit   func(Limit)
	without   sync.Once // calls OnWithout

	mu       sync.Mutex // guards what follows
	sessions map[handoff.GenID]*Session
	limits   map[Limit]bool           // that OnLimit has been called with
	lent     map[uint64]chan struct{} // connections of which hotswap has a duplicate, by cookie; closed when another process gives one away
}

var _ handoff.Transport = (*Transport)(nil)

// New returns a transport whose sockets are in tmp. The error says why no folder can have
// the adapter's files.
func New(tmp *scratch.Folder) (*Transport, error) {
	t := &Transport{tmp: tmp, into: assets.Places("node"), lives: lives, room: maxKept, idle: make(chan struct{}, rights.Share(maxIdle)), sessions: map[handoff.GenID]*Session{}, limits: map[Limit]bool{}, lent: map[uint64]chan struct{}{}}
	if _, err := unpacked(t.into); err != nil {
		return nil, err
	}
	return t, nil
}

// Prepare opens the generation's socket. If that fails, the program starts without the
// adapter.
func (t *Transport) Prepare(l *handoff.Launch) (handoff.Session, error) {
	a := newSession(t, l.Gen)
	script, err := unpacked(t.into) // again, because the cache may have been cleaned
	if err == nil {
		a.wire, err = wire.Open(t.tmp, filepath.Base(filepath.Dir(script))) // the name of the folder with the adapter's files
	}
	if err != nil {
		if t.OnWithout != nil {
			t.without.Do(func() { t.OnWithout(err) })
		}
		return a, nil
	}
	a.wire.Speak(a.join)
	a.wire.Refused = func(most int) { t.limited(Limit{Off: Off{Feature: Links, What: strconv.Itoa(most)}}) }
	l.Env = withCaches(environ(l.Env, script, a.wire.Path, t.handoff.KeepWebSockets))
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sessions[l.Gen] = a
	return a, nil
}

// Limit is a feature that is off in a version of Node.
type Limit struct {
	Off
	Node string
}

const (
	// Descriptors is what a process lacks, for which kept connections stay where they are. Limit.What has its process ID.
	Descriptors = "descriptors"
	// Links is what hotswap has no more of for a generation. Limit.What says how many it has.
	Links = "links"
)

func short(pid int) Limit { return Limit{Off: Off{Feature: Descriptors, What: strconv.Itoa(pid)}} }

// maxLimits bounds what adapters can have reported.
const maxLimits = 32

func (t *Transport) limited(l Limit) {
	t.mu.Lock()
	known := t.limits[l] || len(t.limits) >= maxLimits
	if !known {
		t.limits[l] = true
	}
	t.mu.Unlock()
	if t.OnLimit != nil && !known {
		t.OnLimit(l)
	}
}

// Of returns a generation's session, or nil if the generation has no socket.
func (t *Transport) Of(gen handoff.GenID) *Session {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sessions[gen]
}

// Wire returns a generation's wire, or nil if the generation has none.
func (t *Transport) Wire(gen handoff.GenID) *wire.Session {
	if a := t.Of(gen); a != nil {
		return a.wire
	}
	return nil
}

func (t *Transport) forget(a *Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sessions[a.gen] == a {
		delete(t.sessions, a.gen)
	}
}

// entry is the file that Node is told to require.
const entry = "adapter.cjs"

// unpacked is the path of the entry, where the adapter's files are there.
func unpacked(places []assets.Place) (string, error) {
	dir, err := assets.Files(js.Files, ".", "node", places)
	return filepath.Join(dir, entry), err
}
