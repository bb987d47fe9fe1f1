package machine

import "slices"

// State is where a generation is in its life. The package comment draws the states and their
// arrows.
type State uint8

const (
	StateStarting State = iota + 1 // boots; gets no new connections
	StateServing                   // new connections are steered to it
	StateHeld                      // relieved a moment ago, knows nothing of it; ready to serve again
	StateDraining                  // only finishes what it has; has a deadline
	StateExited                    // ended, and was not needed any more
	StateFailed                    // ended, or was given up, as it should not
	stateCount
)

var stateNames = [stateCount]string{
	StateStarting: "starting", StateServing: "serving",
	StateHeld: "held", StateDraining: "draining", StateExited: "exited", StateFailed: "failed",
}

// String is the state's name as hotswap status prints it.
func (s State) String() string {
	if s == 0 || s >= stateCount {
		return "unknown"
	}
	return stateNames[s]
}

// arrows are the only moves there are.
var arrows = [stateCount][]State{
	StateStarting: {
		StateServing,
		StateDraining, // superseded by a newer start, or stopped
		StateFailed,   // ended, did not start, or was not ready in time
		StateExited,   // a program that ends by itself, with code 0
	},
	StateServing: {
		StateHeld,     // a newer one serves, on probation
		StateDraining, // a newer one serves; stop; stop-first; rolled back
		StateFailed,   // crashed
		StateExited,   // ended by itself, with code 0
	},
	StateHeld: {
		StateServing,  // the newer one failed
		StateDraining, // the newer one has proved itself; stop
		StateExited,   // ended by itself
	},
	StateDraining: {StateExited},
}

// mayBecome reports whether an arrow leads from s to next.
func (s State) mayBecome(next State) bool {
	return s < stateCount && slices.Contains(arrows[s], next)
}
