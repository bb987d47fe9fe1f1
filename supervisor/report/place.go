package report

// What Place.State may be; docs/state.md describes it.
const (
	PlaceStarting = "starting"
	PlaceServing  = "serving"
	PlaceHeld     = "held"
	PlaceDraining = "draining"
)

// Place is the place of a generation, of which its program is told.
type Place struct {
	Gen      GenID
	State    string
	Serving  bool // it gets new connections, or it runs and listens nowhere
	Foremost bool // it serves, or it starts while none serves
}
