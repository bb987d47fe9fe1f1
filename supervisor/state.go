package supervisor

import "slices"

// State is where a generation is in its life. The states and their arrows are
// drawn in the package comment.
type State uint8

const (
	StateStarting State = iota + 1 // begun; nobody is steered to it
	StateReady                     // has proved itself; left within the same step
	StateServing                   // new connections are steered to it
	StateDraining                  // only finishes what it has; has a deadline
	StateExited                    // ended as it should
	StateFailed                    // ended, or was given up, as it should not
	stateCount
)

var stateNames = [stateCount]string{
	StateStarting: "starting", StateReady: "ready", StateServing: "serving",
	StateDraining: "draining", StateExited: "exited", StateFailed: "failed",
}

// String is the state's name as hotswap status prints it.
func (s State) String() string {
	if s == 0 || s >= stateCount {
		return "unknown"
	}
	return stateNames[s]
}

// arrows are the only moves there are. A state between serving and draining
// (alive, not steered to, ready to serve again) would be one more row here and
// one more row in the table of accepted events.
var arrows = [stateCount][]State{
	StateStarting: {
		StateReady,
		StateDraining, // superseded by a newer start, or stopped
		StateFailed,   // ended, did not start, or was not ready in time
		StateExited,   // a program that ends by itself, with code 0
	},
	StateReady: {StateServing},
	StateServing: {
		StateDraining, // a newer one serves; stop; stop-first
		StateFailed,   // crashed
		StateExited,   // ended by itself, with code 0
	},
	StateDraining: {StateExited},
}

// mayBecome tells whether an arrow leads from s to next.
func (s State) mayBecome(next State) bool {
	return s < stateCount && slices.Contains(arrows[s], next)
}
