package report

// ProgramStatus is what the program has asked hotswap for.
type ProgramStatus struct {
	Clients    int           `json:"clients"` // connections of the program to HOTSWAP_SOCKET
	Keys       int           `json:"keys"`    // of its state
	Bytes      int           `json:"bytes"`   // of all keys and values
	Leases     []LeaseStatus `json:"leases,omitempty"`
	MoreLeases int           `json:"more_leases,omitempty"` // that are not in Leases
	Waits      []WaitStatus  `json:"waits,omitempty"`
}

// LeaseStatus is a lease that a process has.
type LeaseStatus struct {
	Name       string `json:"name"`
	Generation GenID  `json:"generation"`
	PID        int    `json:"pid"`               // 0: not known
	Revoked    bool   `json:"revoked,omitempty"` // the process was asked to give it up
}

// WaitStatus are processes that have not handled yet that their generation has drained. Its stop signal waits for that.
type WaitStatus struct {
	Generation GenID `json:"generation"`
	PIDs       []int `json:"pids"`
}
