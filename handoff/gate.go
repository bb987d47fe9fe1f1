package handoff

// Gate is one listening socket of an endpoint. The registry owns the
// duplicate; everything here is guarded by the registry's mutex.
type Gate struct {
	endpoint Endpoint
	owner    GenID  // the generation that has it; 0 while it is hotswap's alone
	inode    uint64 // constant
	fd       int    // our duplicate; only the registry closes it

	listening bool // it is in the group
	orphan    bool // no process of its owner is left
	passed    bool // its owner was given it by number (LISTEN_FDS)
}
