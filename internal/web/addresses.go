package web

import (
	"cmp"
	"context"
	"crypto/rand"
	"os"
	"sync/atomic"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// Addresses are the servers of one hotswap. Options with the same address share a server.
type Addresses struct {
	Token string // of the live page, if that needs one, here or in a child: nobody can guess it

	inherited map[string]*os.File // listening sockets of a parent, by address, until Open or Serve
	servers   map[string]*Server  // by the address that options give
	released  atomic.Bool         // a child serves
}

// frozen is what a child gets, with the descriptor of the listening socket of each address.
type frozen struct {
	Token string
	At    []string
}

// Inherit keeps for Open what a parent has left, if there is one. It comes first.
func (a *Addresses) Inherit(left func(state any) (fds []int)) error {
	var was frozen
	fds := left(&was)
	a.Token, a.inherited, a.servers = cmp.Or(was.Token, rand.Text()), map[string]*os.File{}, map[string]*Server{}
	for i, at := range was.At {
		a.inherited[at] = os.NewFile(uintptr(fds[i]), at)
	}
	return nil
}

// Open returns the server at an address, whose port 0 is any free one: a server that is open, or one with the parent's
// socket, or a new one. Connections wait until Serve.
func (a *Addresses) Open(at handoff.Endpoint) (*Server, error) {
	name := at.String()
	if s, open := a.servers[name]; open {
		return s, nil
	}
	s, err := open(at, a.inherited[name])
	if err == nil {
		delete(a.inherited, name)
		a.servers[name] = s
	}
	return s, err
}

// Serve starts to answer, and closes what a parent has left and nobody has opened.
func (a *Addresses) Serve() {
	for _, socket := range a.inherited {
		socket.Close()
	}
	for _, s := range a.servers {
		go func() { _ = s.http.Serve(s.listener) }()
	}
}

// Close waits for the answers that are being written, and closes all connections.
func (a *Addresses) Close() {
	within := wait.LastAnswers
	if a.released.Load() {
		within = wait.Work // the child answers already
	}
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	for _, s := range a.servers {
		s.leave()
		_ = s.http.Shutdown(ctx)
		s.http.Close()
	}
}

// Freeze returns what a child gets. A socket is open as long as its server can be reached.
func (a *Addresses) Freeze() (state any, fds []int, err error) {
	out := frozen{Token: a.Token}
	for at, s := range a.servers {
		out.At, fds = append(out.At, at), append(fds, rights.FD(s.file))
	}
	return out, fds, nil
}

// Release accepts no more, because a child does. Clients that have connected get their answers.
func (a *Addresses) Release() {
	a.released.Store(true)
	for _, s := range a.servers {
		s.leave()
	}
}

func (a *Addresses) Released() bool { return a.released.Load() }
