package proc

import (
	"context"
	"os"

	"github.com/hotswap-dev/hotswap/internal/ending"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// stat is what the system tells of a process.
type stat struct {
	pid, parent, group int
	start              uint64 // as the system counts, which never changes; see [Identity]
	dead               bool   // it has ended, and perhaps nobody has waited for it
}

// Identity identifies a process. Process IDs are reused; an ID with a start time is not.
type Identity struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"` // as the system counts, since its boot or an epoch; 0: not known
}

// zombie reports whether the process has ended and nobody has waited for it.
func zombie(pid int) bool {
	s, err := readStat(pid)
	return err == nil && s.dead
}

// Identify returns the identity of a process and whether it is alive.
func Identify(pid int) (Identity, bool) {
	s, err := readStat(pid)
	if err != nil {
		return Identity{}, false
	}
	return Identity{PID: pid, Start: s.start}, !s.dead
}

// Alive reports whether the process is alive.
func (i Identity) Alive() bool {
	now, ok := Identify(i.PID)
	return ok && i.PID > 0 && now.Start == i.Start
}

// IdentifyBelow returns the identity of a living process below this process. [Identify]
// may return that of another process if the ID was reused.
func IdentifyBelow(pid int) (Identity, bool) {
	id, ok := Identify(pid)
	return id, ok && below(pid, os.Getpid()) && id.Alive()
}

// Wait waits until the process or ctx has ended.
func (i Identity) Wait(ctx context.Context) {
	for i.Alive() && ctx.Err() == nil {
		if !ending.Wait(ctx, i.PID) { // no descriptor is left
			_ = wait.For(ctx, wait.Poll)
		}
	}
}

// parent returns the ID of the parent process, or 0.
func parent(pid int) int {
	s, _ := readStat(pid)
	return s.parent
}
