package proc

import (
	"syscall"

	"github.com/hotswap-dev/hotswap/internal/tty"
)

// The keeper and its parent talk over a SOCK_SEQPACKET pair, one JSON object a
// packet. The keeper sends, in this order: filter (with the descriptor by
// SCM_RIGHTS, if there is one), started or failed, exited, gone. Its
// end-of-file without gone means that it was killed. The parent sends orders;
// its end-of-file means that it died.

// keeperEnv holds the order to be a keeper, as JSON.
const keeperEnv = "HOTSWAP_KEEPER"

// controlFD is the keeper's end of the control socket.
const controlFD = 3

// assignment is what a keeper needs to know beyond its own arguments (after the
// first they are the program's, whatever their length and encoding), environment
// and descriptors.
type assignment struct {
	Files     []int            `json:"files,omitempty"` // numbers for descriptors 4, 5, …
	ListenPID bool             `json:"listenPID,omitempty"`
	Filter    []byte           `json:"filter,omitempty"`
	Terminal  *tty.Borrowed    `json:"terminal,omitempty"`
	Ahead     bool             `json:"ahead,omitempty"`
	Held      []syscall.Signal `json:"held,omitempty"`    // blocked for the fork only
	Outlets   int              `json:"outlets,omitempty"` // pairs of descriptors after those of Files
}

// told is a packet of the keeper; one field is set.
type told struct {
	Filter  *filterTold `json:"filter,omitempty"`
	Started *Identity   `json:"started,omitempty"` // the program
	Failed  *failedTold `json:"failed,omitempty"`
	Exited  *Exit       `json:"exited,omitempty"`
	Gone    bool        `json:"gone,omitempty"` // nothing is left below
}

type filterTold struct {
	Errno syscall.Errno `json:"errno,omitempty"`
	Error string        `json:"error,omitempty"`
}

type failedTold struct {
	Errno syscall.Errno `json:"errno,omitempty"`
	Error string        `json:"error"`
}

// order is a packet of the parent.
type order struct {
	Signal syscall.Signal `json:"signal,omitempty"`
	Kill   bool           `json:"kill,omitempty"`
	// Release: what was started ahead is a program as others are.
	Release bool `json:"release,omitempty"`
}
