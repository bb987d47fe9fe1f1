package admin

import (
	"cmp"
	"crypto/rand"
	"slices"
	"sync/atomic"
	"syscall"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// Addresses are the servers of one hotswap. Options with the same address share a server.
type Addresses struct {
	Token string // of the live page, if that needs one, here or in a child: nobody can guess it

	left     map[string]int // descriptors of a parent's listening sockets, by address, until Open or Serve
	asked    []string       // the addresses that the options give, in the order of servers
	servers  []*Server
	released atomic.Bool // a child serves
}

// frozen is what a child gets, with the descriptor of the listening socket of each address.
type frozen struct {
	Token string
	At    []string
}

// Inherit keeps for Open what a parent has left. It comes first.
func (a *Addresses) Inherit(left func(state any) (fds []int)) {
	var was frozen
	fds := left(&was)
	a.Token, a.left = cmp.Or(was.Token, rand.Text()), map[string]int{}
	for i, at := range was.At {
		a.left[at] = fds[i]
	}
}

// Open returns the server at an address: one that is open, or one with the parent's socket, or a new one.
func (a *Addresses) Open(at handoff.Endpoint) (*Server, error) {
	if i := slices.Index(a.asked, at.String()); i >= 0 {
		return a.servers[i], nil
	}
	s, err := Open(at, a.left[at.String()])
	delete(a.left, at.String())
	if err == nil {
		a.servers, a.asked = append(a.servers, s), append(a.asked, at.String())
	}
	return s, err
}

// Serve starts to answer, and closes what a parent has left and nobody has opened.
func (a *Addresses) Serve() {
	for _, fd := range a.left {
		_ = syscall.Close(fd)
	}
	a.left = nil
	for _, s := range a.servers {
		s.Serve()
	}
}

func (a *Addresses) Close() {
	within := wait.LastAnswers
	if a.released.Load() {
		within = wait.Work // the child answers already
	}
	for _, s := range a.servers {
		s.Close(within)
	}
}

// Freeze returns what a child gets. A socket is open as long as its server can be reached.
func (a *Addresses) Freeze() (state any, fds []int, err error) {
	for _, s := range a.servers {
		fds = append(fds, rights.FD(s.file))
	}
	return frozen{a.Token, a.asked}, fds, nil
}

// Release accepts no more, because a child does.
func (a *Addresses) Release() {
	a.released.Store(true)
	for _, s := range a.servers {
		s.Leave()
	}
}

func (a *Addresses) Released() bool { return a.released.Load() }
