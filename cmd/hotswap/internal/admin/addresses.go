package admin

import (
	"slices"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// How long the last answers may take: of a hotswap that ends, and of one whose child answers already.
const lastAnswers, lastOfParent = 500 * time.Millisecond, 10 * time.Second

// Listener is a listening socket of hotswap itself, on its way to a child.
type Listener = struct {
	Asked string // the address that the options give
	FD    int
}

// Addresses are the servers of one hotswap. Options with the same address share a server.
type Addresses struct {
	Parent  []Listener // those of the hotswap that this one replaces
	Asked   []Listener // by the order of servers
	servers []*Server
}

// Open returns the server at an address: one that is open, or one with the parent's socket, or a new one.
func (a *Addresses) Open(at handoff.Endpoint) (*Server, error) {
	same := func(l Listener) bool { return l.Asked == at.String() }
	if i := slices.IndexFunc(a.Asked, same); i >= 0 {
		return a.servers[i], nil
	}
	fd := 0
	if i := slices.IndexFunc(a.Parent, same); i >= 0 {
		fd = a.Parent[i].FD
	}
	s, err := Open(at, fd)
	if err == nil {
		a.servers, a.Asked = append(a.servers, s), append(a.Asked, Listener{at.String(), s.FD()})
	}
	return s, err
}

// CloseOthers closes the sockets of a parent that was given other addresses.
func (a *Addresses) CloseOthers() {
	for _, l := range a.Parent {
		if !slices.Contains(a.Asked, l) {
			_ = syscall.Close(l.FD)
		}
	}
}

// Serve starts to answer.
func (a *Addresses) Serve() {
	for _, s := range a.servers {
		s.Serve()
	}
}

// Leave accepts no more, since a child does.
func (a *Addresses) Leave() {
	for _, s := range a.servers {
		s.Leave()
	}
}

// Close ends what is open. moved: a child serves.
func (a *Addresses) Close(moved bool) {
	within := lastAnswers
	if moved {
		within = lastOfParent
	}
	for _, s := range a.servers {
		s.Close(within)
	}
}
