package proc

// Identity identifies a process. Process IDs are reused; an ID with a start time is
// not.
type Identity struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"` // in clock ticks since boot; 0: not known
}
