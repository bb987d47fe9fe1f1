package engine

import "github.com/hotswap-dev/hotswap/internal/peer"

// trusted says whose requests may be taken. Nil: package peer decides.
var trusted func(peer.Ends) bool

// blind says that the kernel shows no connection.
var blind bool
