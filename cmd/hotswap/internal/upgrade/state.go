package upgrade

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/internal/tty"
)

// Parent and child talk over a SOCK_SEQPACKET pair, because the child may be of another version:
//
//	parent: State   as a JSON object
//	parent: a byte  for each descriptor of the state, which comes along (SCM_RIGHTS)
//	child:  word    as a JSON object: its process, and later, if it gives up, why
//
// The child reports by tableflip that it serves.

// protocol is the version of these packets. A change of a type that [State] contains makes another version, as does
// a change of what place.Server hands over.
const protocol = 7

// maxPacket is the longest packet that is read. It has room for some 600 gates.
const maxPacket = 128 << 10

var errProtocol = errors.New("the two versions of hotswap speak different protocols: stop this hotswap and start the other")

type word struct {
	Protocol, PID int
	Why           string
}

// State is what a parent leaves to its child.
type State struct {
	Protocol     int
	Since        time.Time                // files that have changed since then are the child's
	Last         handoff.GenID            // the parent's last generation
	Serves       []handoff.Endpoint       // what the child's first generation must listen on to be ready
	Gates        []reuseport.GateTransfer // those of an endpoint in the kernel's order
	Run, Control string                   // the run's name, and the path of its control socket
	Port         int                      // that the program is told; 0: none
	Terminal     *tty.Modes               // as the first hotswap found them
	Activation   systemd.Activation
	Places       int      // a descriptor for place.Server.Borrow
	places       *os.File // the parent's own

	// Another version may not have what follows. Its descriptors come last.
	Listeners   []Listener `json:",omitempty"`
	Token       string     `json:",omitempty"` // of the live page
	Swaps       int        `json:",omitempty"` // that the status counts
	FailedSwaps int        `json:",omitempty"`
}

// Listener is a listening socket of hotswap itself.
type Listener = struct {
	Asked string // the address that the options give
	FD    int
}

// descriptors returns where the state has descriptors, in the order in which they travel.
func (s *State) descriptors() (fds []*int) {
	for i := range s.Gates {
		fds = append(fds, &s.Gates[i].FD)
	}
	for i := range s.Activation {
		if a := &s.Activation[i]; !a.PerGeneration() { // else the descriptor is its gate's
			fds = append(fds, &a.FD)
		}
	}
	fds = append(fds, &s.Places)
	// The listeners come last: another version may neither have nor expect them.
	for i := range s.Listeners {
		fds = append(fds, &s.Listeners[i].FD)
	}
	return fds
}

// read decodes a packet, which says by which protocol.
func read[T any](b []byte) (v T, err error) {
	var of struct{ Protocol int }
	if err = json.Unmarshal(b, &of); err == nil && of.Protocol != protocol {
		err = errProtocol
	}
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	return v, err
}

// packet encodes v, which must consist of numbers and texts.
func packet(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("%T: %v", v, err))
	}
	return b
}
