package admin

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// How long the last answers may take: of a hotswap that ends, and of one whose child answers already.
const lastAnswers, lastOfParent = 500 * time.Millisecond, 10 * time.Second

// Addresses are the servers of one hotswap. Options with the same address share a server.
type Addresses struct {
	Token string // of the live page, if that needs one, here or in a child

	left     func(part string) func(any) []int // by a parent: the token, and each socket by its address
	asked    []string                          // the addresses that the options give, in the order of servers
	servers  []*Server
	released atomic.Bool // a child serves
}

// Inherit keeps for Open what a parent has left. It comes first.
func (a *Addresses) Inherit(left func(part string) func(any) []int) {
	a.left = left
	left("token")(&a.Token)
}

// Open returns the server at an address: one that is open, or one with the parent's socket, or a new one.
func (a *Addresses) Open(at handoff.Endpoint) (*Server, error) {
	if i := slices.Index(a.asked, at.String()); i >= 0 {
		return a.servers[i], nil
	}
	fd := 0
	for _, fd = range a.left(at.String())(new(any)) {
	}
	s, err := Open(at, fd)
	if err == nil {
		a.servers, a.asked = append(a.servers, s), append(a.asked, at.String())
	}
	return s, err
}

// Each calls do with each address, and what returns its listening socket for a child.
func (a *Addresses) Each(do func(address string, freeze func() (any, []int, error))) {
	for i, s := range a.servers {
		do(a.asked[i], s.freeze)
	}
}

// Serve starts to answer.
func (a *Addresses) Serve() {
	for _, s := range a.servers {
		s.Serve()
	}
}

// Close ends what is open.
func (a *Addresses) Close() {
	within := lastAnswers
	if a.released.Load() {
		within = lastOfParent
	}
	for _, s := range a.servers {
		s.Close(within)
	}
}

// Freeze returns the token; the sockets are the servers'.
func (a *Addresses) Freeze() (token any, _ []int, _ error) { return a.Token, nil, nil }

// Release accepts no more, because a child does.
func (a *Addresses) Release() {
	a.released.Store(true)
	for _, s := range a.servers {
		s.Leave()
	}
}

// Released reports whether a child serves.
func (a *Addresses) Released() bool { return a.released.Load() }
