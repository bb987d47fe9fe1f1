package reuseport

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"syscall"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Paths is what the [Registry] asks of the file system for unix endpoints; package unixpath has the one for Linux. A
// socket is named by its inode (see [Kernel]); its file is the inode number in the endpoint's folder.
type Paths interface {
	// File returns the socket's file, and whether the path leads to it: a socket without a name of its own
	// is assumed to be at the path.
	File(e handoff.Endpoint, inode uint64) (file uint64, atPath bool, err error)
	// Hide opens a socket that its program sees bound to the path, as far as hotswap may, and a descriptor of the
	// socket's file, to which no path leads.
	Hide(e handoff.Endpoint) (fd, file int, err error)
	// Keep gives the socket at the path, if its file is that one, a name of its own.
	Keep(e handoff.Endpoint, inode, file uint64) error
	// Publish has the path lead to the socket, whose owner and mode become those of the file at the path. A file at the
	// path that is none of ours stays if it is no socket (EEXIST), or if somebody listens there (EADDRINUSE).
	Publish(e handoff.Endpoint, inode uint64, ours map[uint64]bool) error
	// Chmod changes the mode of the socket's own name.
	Chmod(e handoff.Endpoint, inode uint64, mode uint32)
	// Remove removes the socket's own name and, if file is not 0, the path if its file is that one.
	Remove(e handoff.Endpoint, inode, file uint64)
}

// ErrUnshared says that the file system cannot give a socket a second name (link(2)), so that only one
// generation can listen at the path.
var ErrUnshared = errors.New("the file system has no hard links for this socket")

// unixKind is what the kinds of paths have in common. Whether a stranger listens is for steer, which does not replace a
// stranger's file.
type unixKind struct{ tcpKind }

func (unixKind) strangerListens(*group) bool { return false }
func (unixKind) canLeave(*Gate) bool         { return true }

// pathKind is the kind of a path.
type pathKind struct{ unixKind }

// listen also finds the gate's file. If the program could bind the gate at the path, no other gate is reached there any
// more.
func (p pathKind) listen(gate *Gate, backlog int) error {
	if err := p.tcpKind.listen(gate, backlog); err != nil || gate.listening {
		return err
	}
	g := gate.group
	file, atPath, err := g.registry.kernel.File(g.endpoint, gate.inode)
	gate.file = file
	if err == nil && atPath {
		g.published, g.steered = gate, nil
	}
	return err
}

// steer has the path lead to the last of the steered gates.
func (pathKind) steer(g *group) error {
	gate := g.steered[len(g.steered)-1]
	// without an owner, the gate at the path gets no client again
	if err := g.registry.keepLocked(g, gate); err != nil && gate.owner != 0 {
		return err
	}
	err := g.registry.kernel.Publish(g.endpoint, gate.inode, g.files())
	if errors.Is(err, syscall.EADDRINUSE) {
		err = ErrTaken
	}
	if err != nil {
		return fmt.Errorf("publish %s: %w", g.endpoint, err)
	}
	g.published = gate
	return nil
}

// drop removes the path with the last gate.
func (p pathKind) drop(gate *Gate) {
	p.tcpKind.drop(gate)
	g, file := gate.group, uint64(0)
	if len(g.members) == 0 {
		file = gate.atPath()
	}
	g.registry.kernel.Remove(g.endpoint, gate.inode, file)
}

// end removes the names of the sockets, and the path.
func (pathKind) end(g *group) {
	for _, gate := range g.all() {
		g.registry.kernel.Remove(g.endpoint, gate.inode, gate.atPath())
	}
}

// atPath returns the file to which the path leads: a gate's that has left, or this one's.
func (gate *Gate) atPath() uint64 {
	g := gate.group
	if g.published == nil {
		return cmp.Or(g.ledTo, gate.file)
	}
	return g.published.file
}

// keepLocked gives the gate at the path a name of its own before another takes the path.
func (r *Registry) keepLocked(g *group, next *Gate) error {
	if g.published == nil || g.published == next {
		return nil
	}
	if err := r.kernel.Keep(g.endpoint, g.published.inode, g.published.file); err != nil {
		return fmt.Errorf("%s: %w: %w", g.endpoint, ErrUnshared, err)
	}
	return nil
}

// files returns the files of the gates.
func (g *group) files() map[uint64]bool {
	out := map[uint64]bool{}
	for _, gate := range g.all() {
		out[gate.file] = true
	}
	return out
}

// Unlink reports whether a program's unlink(2) of the path, which has that file, must do nothing: clients wait there
// for the next generation. The path goes with the last gate. A program may bind a path again that it has removed.
func (r *Registry) Unlink(gen handoff.GenID, e handoff.Endpoint, file uint64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.groups[e]
	if r.closed || g == nil || !r.isGatesLocked(g, file) {
		return false
	}
	for _, gate := range g.of(gen) {
		gate.unlinked = true
	}
	return true
}

// Serves reports whether the generation has a gate at the endpoint, and whether any has.
func (r *Registry) Serves(gen handoff.GenID, e handoff.Endpoint) (this, one bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.findLocked(e)
	return len(g.of(gen)) > 0, len(g.members) > 0
}

// UnixEndpoints returns the unix endpoints that have gates.
func (r *Registry) UnixEndpoints() (out []handoff.Endpoint) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for e, g := range r.groups {
		if e.IsUnix() && len(g.members) > 0 {
			out = append(out, e)
		}
	}
	return out
}

// OpenElsewhere reports whether a process of another generation has the socket open.
func (r *Registry) OpenElsewhere(gen handoff.GenID, inode uint64) bool {
	r.mu.Lock()
	others := maps.Clone(r.running)
	r.mu.Unlock()
	delete(others, gen)
	for _, of := range others {
		pids, _ := of()
		if open, _ := r.kernel.Sockets(pids); open.Has(inode) {
			return true
		}
	}
	return false
}
