package report

// What GenerationStatus.State may be, and [PhaseRunning]. The first four are also those of Place.State;
// docs/state.md describes them.
const (
	StateStarting = "starting" // boots; gets no new connections
	StateServing  = "serving"  // new connections are steered to it
	StateReserve  = "held"     // relieved a moment ago, knows nothing of it; ready to serve again
	StateDraining = "draining" // only finishes what it has
	StateExited   = "exited"   // ended, and was not needed any more
	StateFailed   = "failed"   // ended, or was given up, as it should not
)

// Place is the place of a generation, of which its program is told.
type Place struct {
	Gen      GenID
	State    string // StateServing: also that it runs and listens nowhere
	Foremost bool   // it serves, or it starts while none serves
}
