package admin

import (
	"cmp"
	"crypto/rand"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// How long the last answers may take: of a hotswap that ends, and of one whose child answers already.
const lastAnswers, lastOfParent = 500 * time.Millisecond, 10 * time.Second

// Addresses are the servers of one hotswap. Options with the same address share a server.
type Addresses struct {
	Token string // of the live page; "": it needs none

	token    string         // of a parent's live page
	parents  map[string]int // sockets of a parent that no server has yet, by address
	asked    []string       // the addresses that the options give, in the order of servers
	servers  []*Server
	released atomic.Bool // a child serves
}

// Open returns the server at an address: one that is open, or one with the parent's socket, or a new one.
func (a *Addresses) Open(at handoff.Endpoint) (*Server, error) {
	if i := slices.Index(a.asked, at.String()); i >= 0 {
		return a.servers[i], nil
	}
	fd := a.parents[at.String()]
	delete(a.parents, at.String())
	s, err := Open(at, fd)
	if err == nil {
		a.servers, a.asked = append(a.servers, s), append(a.asked, at.String())
	}
	return s, err
}

// Protect sets the token, and returns it. It is that of a parent, so that open pages go on.
func (a *Addresses) Protect() string {
	a.Token = cmp.Or(a.token, rand.Text())
	return a.Token
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

// frozen is what the addresses leave to a child, with a descriptor for each.
type frozen struct {
	Asked []string
	Token string
}

// Name is "addresses".
func (a *Addresses) Name() string { return "addresses" }

// Freeze returns the addresses and their listening sockets.
func (a *Addresses) Freeze() (state any, fds []int, err error) {
	for _, s := range a.servers {
		fds = append(fds, s.FD())
	}
	return frozen{a.asked, a.Token}, fds, nil
}

// Thaw does nothing: the servers still answer.
func (a *Addresses) Thaw() error { return nil }

// Release accepts no more, because a child does.
func (a *Addresses) Release() {
	a.released.Store(true)
	for _, s := range a.servers {
		s.Leave()
	}
}

// Released reports whether a child serves.
func (a *Addresses) Released() bool { return a.released.Load() }

// Inherit takes over what a parent has frozen, for Open.
func (a *Addresses) Inherit(from func(part string, state any) ([]int, error)) error {
	var was frozen
	fds, err := from(a.Name(), &was)
	a.token, a.parents = was.Token, map[string]int{}
	for i, at := range was.Asked[:min(len(was.Asked), len(fds))] {
		a.parents[at] = fds[i]
	}
	return err
}

// CloseOthers closes the sockets of a parent that was given other addresses.
func (a *Addresses) CloseOthers() {
	for _, fd := range a.parents {
		_ = syscall.Close(fd)
	}
}
