package sockets

import "github.com/hotswap-dev/hotswap/handoff"

// Pin sends the connections from one client port to one member.
type Pin struct {
	Port  uint16
	Index int
}

// Route says where the new connections of a group go. It names members by their indexes in the kernel's order.
type Route struct {
	Indexes []int // these members share new connections evenly
	ByPort  bool  // UDP: the client's port chooses the member, so all datagrams of a client reach the same one
	Pin     *Pin  // an exception, or nil
}

// Listener is a listening socket of any process, or one of UDP that is bound.
type Listener struct {
	Endpoint  handoff.Endpoint
	Inode     uint64
	User      uint32 // whose socket it is: the kernel groups those of one user
	Device    bool   // it is bound to a device
	Connected bool   // UDP: it gets the datagrams of its peer alone
}

// At reports whether the listener has the endpoint. V6ONLY counts of the wildcard alone: the kernel sets it at
// the bind of any other address (__inet6_bind).
func (l Listener) At(e handoff.Endpoint) bool {
	if !e.Addr.Addr().IsUnspecified() {
		l.Endpoint.V6Only = e.V6Only
	}
	return l.Endpoint == e
}
