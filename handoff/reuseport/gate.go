package reuseport

import (
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Gate is one listening socket of an endpoint. The registry owns the
// duplicate; everything here is guarded by the registry's mutex.
type Gate struct {
	endpoint handoff.Endpoint
	owner    handoff.GenID // the generation that has it; 0 while it is hotswap's alone
	inode    uint64        // constant
	fd       int           // our duplicate; only the registry closes it

	listening bool // it is in the group
	orphan    bool // no process of its owner is left
	activated bool // somebody else has it too: a socket activator. It is never shut down
	passed    bool // its owner was given it by number (LISTEN_FDS)

	handedAt    time.Time // when a bind was last answered with it; its program may not have it yet
	closedSince time.Time // since when no process of its owner has it open, as far as is known; zero: one has
	misses      int       // at so many looks since then
	probes      []Conn    // connections of ours that may still be in its queue
}
