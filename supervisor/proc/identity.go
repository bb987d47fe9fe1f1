package proc

// Identity identifies a process. Process IDs are reused; an ID with a start time is
// not.
type Identity struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"` // as the system counts, since its boot or an epoch; 0: not known
}
