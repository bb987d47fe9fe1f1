package handoff

// Event is what a transport reports about one generation.
type Event interface{ handoffEvent() }

// event makes a type one of them.
type event struct{}

func (event) handoffEvent() {}

// Listening says that the generation called listen(2) on an endpoint. Its gate is in the group, but may not
// be steered to yet.
type Listening struct {
	event
	Gen      GenID
	Endpoint Endpoint
	// Debugger says that the port is a debugger's (node --inspect, JDWP). It is steered by itself, see
	// reuseport.Registry.CutoverEndpoint, and says nothing about readiness.
	Debugger bool
	// Late says that the generation was ready before: a later one need not listen there to be ready.
	Late bool
	// NeedsDebugger says that the process runs nothing before a debugger has attached (--inspect-brk, suspend=y).
	NeedsDebugger bool
	// DebugsItself says that the process connects there itself before it runs the program (dlv --continue).
	DebugsItself bool
}

// Closed says that the generation has closed its sockets of an endpoint at which nothing else serves, so that clients
// are refused there.
type Closed struct {
	event
	Gen      GenID
	Endpoint Endpoint
}

// Ready says that the generation can serve. By names the source ("notify", "http", …).
type Ready struct {
	event
	Gen GenID
	By  string
}

// Unready says, for people, why the generation is not ready yet. The newest reason is shown when hotswap
// stops waiting for the generation.
type Unready struct {
	event
	Gen GenID
	Why string
}

// Unwell says that a generation that was ready does not answer any more, and why.
type Unwell struct {
	event
	Gen GenID
	Why string
}

// Alive says that the generation has sent its service manager's watchdog a word, such as WATCHDOG=1.
type Alive struct {
	event
	Gen  GenID
	Word string
}

// AddressInUse says that the generation wanted an endpoint on which another program listens, and got
// EADDRINUSE from the kernel. It is reported once for each endpoint of a generation.
type AddressInUse struct {
	event
	Gen      GenID
	Endpoint Endpoint
	Last     bool // no further endpoint of this generation is reported
}

// Elsewhere says that the generation listens only at port 0, for which the kernel chooses another number each time. It
// is reported once for each generation.
type Elsewhere struct {
	event
	Gen GenID
}

// OtherPort says that the generation listens at the endpoint, and not at the port that it was given in its environment.
// It is reported once for each generation.
type OtherPort struct {
	event
	Gen      GenID
	Endpoint Endpoint
	Port     int // that it was given
}

// Unshared says that the generation wants an address that an older one has, and that only one socket can have.
type Unshared struct {
	event
	Gen     GenID
	Address string
	Err     error
}

// Degraded says that a mechanism is forbidden here, and what is used instead. It is reported once for each generation.
type Degraded struct {
	event
	Gen GenID
	Err error
	Use string
}

// TrackingLost says that hotswap does not see any more what the generation binds.
type TrackingLost struct {
	event
	Gen GenID
	Err error
}
