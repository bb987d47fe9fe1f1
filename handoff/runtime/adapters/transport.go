// Package adapters opens the wire of each generation, has Node and Ruby load their adapters, and speaks the families
// connections and files with the adapters of every language. The message off names a feature that the Node, puma or
// gunicorn of an adapter does not allow.
package adapters

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/connections"
	"github.com/hotswap-dev/hotswap/handoff/runtime/files"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/handoff/runtime/ruby"
	"github.com/hotswap-dev/hotswap/handoff/runtime/wire"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

// Transport gives each generation a wire.
type Transport struct {
	*connections.Shared
	tmp  *scratch.Folder // of the sockets' folders
	node node.Adapter

	// OnWithout is called once, with the reason, when a generation starts without the adapter, and OnLimit once for
	// each feature that is off in a version of Node. They and KeepWebSockets, for which the user asks, are set before
	// the first Prepare; nil: nothing is called.
	OnWithout      func(why error)
	OnLimit        func(Limit)
	KeepWebSockets bool
	without        sync.Once // calls OnWithout

	sessions sync.Map // *Session by generation

	mu     sync.Mutex     // guards limits
	limits map[Limit]bool // that OnLimit has been called with
}

// New returns a transport whose sockets are in tmp. The error says why no folder can have the files of Node's adapter.
func New(tmp *scratch.Folder) (*Transport, error) {
	t := newTransport(tmp, node.New())
	if _, err := t.node.Unpack(); err != nil {
		return nil, err
	}
	return t, nil
}

func newTransport(tmp *scratch.Folder, n node.Adapter) *Transport {
	t := &Transport{tmp: tmp, node: n, limits: map[Limit]bool{}}
	t.Shared = connections.New(t.Connections, func(pid int) {
		t.Limited(Limit{Feature: Descriptors, What: strconv.Itoa(pid)})
	})
	return t
}

// Session is the wire of one generation, and what is said there.
type Session struct {
	Wire        *wire.Session
	Connections *connections.Session
	Files       *files.Session
	gen         handoff.GenID
	of          *Transport

	tree atomic.Pointer[func() []int] // returns the generation's processes; nil until Run
}

// Prepare opens the generation's wire. If that fails, the program starts without an adapter.
func (t *Transport) Prepare(l *handoff.Launch) (handoff.Session, error) {
	script, err := t.node.Unpack() // again, because the cache may have been cleaned
	a := &Session{gen: l.Gen, of: t}
	if err == nil {
		a.Wire, err = wire.Open(t.tmp, script.Name())
	}
	if err != nil {
		if t.OnWithout != nil {
			t.without.Do(func() { t.OnWithout(err) })
		}
		return nil, nil
	}
	a.Connections = t.Session(l.Gen)
	a.Files = files.New(a.Connections.Serving)
	a.Wire.Speak(a.Files.Join)
	a.Wire.Speak(a.Connections.Join)
	a.Wire.Speak(a.joinLimits)
	a.Wire.Refused = func(most int) { t.Limited(Limit{Feature: Links, What: strconv.Itoa(most)}) }
	l.Env = ruby.Environ(script.Environ(l.Env, a.Wire.Path, t.KeepWebSockets))
	t.sessions.Store(l.Gen, a)
	return a, nil
}

// Close removes the socket.
func (a *Session) Close() error {
	a.of.sessions.CompareAndDelete(a.gen, a) // else that is of a standby which has replaced this one
	return a.Wire.Close()
}

// Run serves the adapters until ctx ends. It returns no error, because a generation without adapters is observed from
// outside.
func (a *Session) Run(ctx context.Context, r handoff.Running, _ func(handoff.Event)) error {
	defer a.Close()
	a.tree.Store(&r.Tree)
	a.Wire.Run(ctx, r.Tree)
	a.Connections.Close()
	return nil
}

// Tree returns the generation's processes; nil before Run.
func (a *Session) Tree() []int {
	if tree := a.tree.Load(); tree != nil {
		return (*tree)()
	}
	return nil
}

// Of returns a generation's session. Without a wire of the generation its fields are nil.
func (t *Transport) Of(gen handoff.GenID) *Session {
	if t != nil {
		if a, ok := t.sessions.Load(gen); ok {
			return a.(*Session)
		}
	}
	return &Session{}
}

// Connections returns what adapters tell of a generation's connections; nil: nothing.
func (t *Transport) Connections(gen handoff.GenID) *connections.Session { return t.Of(gen).Connections }

// Files returns what adapters tell of the files that a generation has loaded; nil: nothing.
func (t *Transport) Files(gen handoff.GenID) *files.Session { return t.Of(gen).Files }

// Wire returns a generation's wire, or nil if the generation has none.
func (t *Transport) Wire(gen handoff.GenID) *wire.Session { return t.Of(gen).Wire }
