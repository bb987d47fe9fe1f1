package handoff

import "time"

// Event is what a transport tells the supervisor about one generation. It is
// one of the types below.
type Event interface{ handoffEvent() }

// Listening says that the generation called listen(2) on an endpoint: its
// gate is in the group, though nobody need be steered to it yet.
type Listening struct {
	Gen      GenID
	Endpoint Endpoint
	// Debugger says that the port is a debugger's (node --inspect, JDWP): it
	// is steered by itself, see reuseport.Registry.Lead, and says nothing about readiness.
	Debugger bool
	// Waits says that the process runs nothing before a debugger has come
	// (--inspect-brk, suspend=y).
	Waits bool
}

// Ready says that the generation can serve: it said so itself, or a probe found
// it. By names how ("notify", "http", …).
type Ready struct {
	Gen GenID
	By  string
}

// Unready says why the generation is not ready yet, for people: "http://… answered
// 503". The newest is told when it is given up.
type Unready struct {
	Gen GenID
	Why string
}

// Extend says that the generation asks for time: it is not to be given up
// before By from now has passed.
type ExtendTimeout struct {
	Gen GenID
	By  time.Duration
}

// Said is what the generation says of itself, for people.
type Status struct {
	Gen  GenID
	Text string
}

// Taken says that the generation wanted an endpoint on which another program
// listens; it has been told EADDRINUSE by the kernel. It is told once for each
// endpoint of a generation.
type AddressInUse struct {
	Gen      GenID
	Endpoint Endpoint
	Last     bool // no further one is told of this generation
}

// GivenUp says that hotswap has closed endpoints whose listeners the program had
// closed, because it is short of descriptors.
type EndpointsClosed struct {
	Gen       GenID // the one that was started or listened when they were short
	Endpoints []Endpoint
	Limit     int // RLIMIT_NOFILE
}

// Elsewhere says that the generation has bound the endpoint in another network
// namespace, and nothing in hotswap's own: there it is neither held nor steered.
// Told once a session.
type Elsewhere struct {
	Gen      GenID
	Endpoint Endpoint
	PID      int // the process that did so
}

// ListeningUnix says that the generation is about to listen at a unix address at which an
// earlier one has listened.
type ListeningUnix struct {
	Gen     GenID
	Address string
}

// Blocked says that the generation wants a unix address at which an older one listens:
// its call waits until that one does so no more.
type Blocked struct {
	Gen, By GenID
	Address string
}

// Unblocked says that such a call does not wait any more. One follows each Blocked.
type Unblocked struct{ Gen GenID }

// Degraded says that a better mechanism is forbidden here, and which is used
// instead. Told once a session.
type Degraded struct {
	Gen GenID
	Err error
	Use string
}

// Lost says that the session ended while the generation lives: what it binds
// from now on goes unnoticed.
type TrackingLost struct {
	Gen GenID
	Err error
}

func (Listening) handoffEvent()       {}
func (Ready) handoffEvent()           {}
func (Unready) handoffEvent()         {}
func (ExtendTimeout) handoffEvent()   {}
func (Status) handoffEvent()          {}
func (AddressInUse) handoffEvent()    {}
func (EndpointsClosed) handoffEvent() {}
func (Elsewhere) handoffEvent()       {}
func (Blocked) handoffEvent()         {}
func (ListeningUnix) handoffEvent()   {}
func (Unblocked) handoffEvent()       {}
func (Degraded) handoffEvent()        {}
func (TrackingLost) handoffEvent()    {}
