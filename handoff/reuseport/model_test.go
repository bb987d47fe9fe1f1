package reuseport

import (
	"errors"
	"slices"
	"sync"
	"syscall"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/sockets"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// model is the kernel as the registry knows it: reuseport groups with the
// array that reuseport_add_sock and __reuseport_detach_sock keep, and accept
// queues. It is an independent account of the same rules.
type model struct {
	mu       sync.Mutex
	next     int
	sockets  map[int]*modelSocket // by descriptor, of which a socket may have several
	shut     map[int]bool         // descriptors that have been closed
	altered  int                  // how often a group has changed
	groups   map[handoff.Endpoint]*modelGroup
	halfOpen []sockdiag.Name
	reset    int    // clients that were in a queue when it went
	onLeave  func() // called between Leave and what follows it

	queued map[sockdiag.Name]bool // our own connections that nobody has accepted
	open   map[int][]int          // by process: the sockets that it has open, by their first descriptors
	looks  int                    // how often that was asked
	blind  error                  // it cannot be known

	inFlight bool // a descriptor is on its way between two processes

	// onHalfOpen and onQueue are called before the answer, while the registry looks.
	onHalfOpen, onQueue, onListeners func()
}

type modelSocket struct {
	e         handoff.Endpoint
	first     int // its first descriptor, by which tests name it
	open      int // how many descriptors it has
	listening bool
	closed    bool
	connected bool
	late      bool  // it became shareable when it listened already
	foreign   error // why no second socket may be bound there
	queue     int
	began     int // when it began to listen, counted by altered
}

type modelGroup struct {
	array []int // sockets, by their first descriptors
	route sockets.Route
}

func newModel() *model {
	return &model{next: 10, sockets: map[int]*modelSocket{}, shut: map[int]bool{},
		groups: map[handoff.Endpoint]*modelGroup{}}
}

// socket is a program's own, made shareable, of which we got a duplicate.
func (m *model) socket(e handoff.Endpoint) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next++
	m.sockets[m.next] = &modelSocket{e: e, first: m.next, open: 1}
	return m.next
}

// duplicate is another descriptor of the same socket.
func (m *model) duplicate(fd int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next++
	m.sockets[m.next] = m.sockets[fd]
	m.sockets[fd].open++
	return m.next
}

func (m *model) Open(e handoff.Endpoint, _ int) (int, error) {
	for _, s := range m.sockets {
		if s.e == e && s.foreign != nil {
			return -1, s.foreign
		}
	}
	return m.socket(e), nil
}
func (m *model) Hide(e handoff.Endpoint) (fd, file int, err error) {
	fd, err = m.Open(e, -1)
	return fd, m.socket(e), err
}
func (m *model) Inode(fd int) (uint64, uint32, error) {
	return uint64(m.sockets[fd].first) + 1000, 0, nil
}
func (m *model) Bind(fd int, _ handoff.Endpoint) error { return m.Listen(fd, MinBacklog) }
func (m *model) Queue(fd int) (int, bool) {
	if m.onQueue != nil {
		m.onQueue()
	}
	s := m.sockets[fd]
	return s.queue, s.listening
}
func (m *model) group(e handoff.Endpoint) *modelGroup {
	if m.groups[e] == nil {
		m.groups[e] = &modelGroup{}
	}
	return m.groups[e]
}

// Share is of a socket that listens already.
func (m *model) SetReusePort(fd int) error {
	m.sockets[fd].late = true
	return nil
}

func (m *model) Listen(fd, backlog int) error {
	s := m.sockets[fd]
	if backlog < MinBacklog {
		return errors.New("the queue is too short")
	}
	if !s.listening {
		s.listening = true
		m.altered++
		s.began = m.altered
		g := m.group(s.e)
		g.array = append(g.array, s.first)
	}
	return nil
}

func (m *model) Steer(fd int, to sockets.Route) error {
	s := m.sockets[fd]
	if s == nil || m.shut[fd] || !s.listening || len(to.Indexes) == 0 {
		return syscall.EINVAL
	}
	if s.late && len(m.group(s.e).array) < 2 && m.group(s.e).route.Indexes == nil {
		return syscall.EINVAL // it is in no group yet
	}
	m.altered++
	m.group(s.e).route = sockets.Route{Indexes: slices.Clone(to.Indexes), Pin: to.Pin}
	return nil
}

// stranger is another program's socket that listens at e.
func (m *model) stranger(e handoff.Endpoint) int {
	fd := m.socket(e)
	_ = m.Listen(fd, MinBacklog)
	return fd
}

func (m *model) Listeners(udp bool, port uint16) (out []sockets.Listener) {
	if m.onListeners != nil {
		m.onListeners()
	}
	var all []*modelSocket
	for fd, s := range m.sockets {
		if s.listening && fd == s.first && s.e.IsUDP() == udp && (port == 0 || s.e.Port() == port) {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b *modelSocket) int { return a.began - b.began })
	for _, s := range all {
		out = append(out, sockets.Listener{Endpoint: s.e, Inode: uint64(s.first) + 1000, Connected: s.connected})
	}
	return out
}

// Accept gives descriptors that nothing is behind.
func (m *model) Accept(fd int) int {
	s := m.sockets[fd]
	if s.queue == 0 {
		return -1
	}
	s.queue--
	return 1 << 20
}

func (m *model) Handshakes(handoff.Endpoint) []sockdiag.Name {
	if m.onHalfOpen != nil {
		m.onHalfOpen()
	}
	return slices.Clone(m.halfOpen)
}

func (m *model) Lookup(c sockdiag.Name) (s sockdiag.Socket, _ error) {
	if m.queued[c] {
		s.State = sockdiag.Established
	}
	return s, nil
}

func (m *model) Sockets(pids []int) (sockets.Open, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.looks++
	out := sockets.Open{}
	for _, pid := range pids {
		for _, fd := range m.open[pid] {
			out[uint64(fd)+1000] = sockets.Descriptor{TID: pid, FD: fd}
		}
	}
	return out, m.blind
}

func (m *model) HasOpen(at sockets.Descriptor, inode uint64) (open, lives bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	fds, lives := m.open[at.TID]
	return lives && uint64(at.FD)+1000 == inode && slices.Contains(fds, at.FD), lives
}

func (m *model) InFlight([]int) bool { return m.inFlight }

func (m *model) Shutdown(fd int) error {
	m.unlist(fd)
	if m.onLeave != nil {
		m.onLeave()
	}
	return nil
}

// unlist is what shutdown or the last close does.
func (m *model) unlist(fd int) {
	s := m.sockets[fd]
	if !s.listening {
		return
	}
	s.listening = false
	m.altered++
	m.reset += s.queue
	s.queue = 0
	g := m.group(s.e)
	i := slices.Index(g.array, s.first)
	last := len(g.array) - 1
	g.array[i] = g.array[last]
	g.array = g.array[:last]
}

func (m *model) Close(fd int) {
	if m.shut[fd] {
		panic("closed twice")
	}
	m.shut[fd] = true
	s := m.sockets[fd]
	s.open--
	s.closed = s.open == 0
	if s.closed {
		m.unlist(fd)
	}
}

// targets are the sockets that a new connection to e may reach.
func (m *model) targets(e handoff.Endpoint) []int {
	g := m.group(e)
	var out []int
	for _, i := range g.route.Indexes {
		if i >= len(g.array) { // out of range: by hash over the whole group
			return slices.Clone(g.array)
		}
		out = append(out, g.array[i])
	}
	if out == nil {
		return slices.Clone(g.array)
	}
	return out
}

// The model has no paths: those are tested with the real kernel.
func (m *model) File(handoff.Endpoint, uint64) (uint64, bool, error)     { panic("no path") }
func (m *model) Keep(handoff.Endpoint, uint64, uint64) error             { panic("no path") }
func (m *model) Publish(handoff.Endpoint, uint64, map[uint64]bool) error { panic("no path") }
func (m *model) Chmod(handoff.Endpoint, uint64, uint32)                  { panic("no path") }
func (m *model) Remove(handoff.Endpoint, uint64, uint64)                 { panic("no path") }
