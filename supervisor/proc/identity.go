package proc

// Identity is a process for certain: a process id is another's some time after
// its end, with the start time it never is.
type Identity struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"` // in clock ticks since boot; 0: not known
}
