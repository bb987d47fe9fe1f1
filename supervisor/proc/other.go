//go:build !linux

package proc

import (
	"context"
	"errors"
	"syscall"
	"time"
)

// Elsewhere than on Linux nothing starts, and nothing is known of processes. That is enough to check
// the types of the packages that use this one.

// Process never exists here.
type Process struct{}

// Handle never exists here.
type Handle struct{}

// Start fails.
func Start(spec Spec) (*Process, error) {
	return nil, &StartError{Argv: spec.Argv, Err: errors.ErrUnsupported}
}

func (*Process) PID() int                           { return 0 }
func (*Process) Listener() (int, error)             { return -1, errors.ErrUnsupported }
func (*Process) Tree() []int                        { return nil }
func (*Process) Exited() <-chan Exit                { return nil }
func (*Process) Gone() <-chan struct{}              { return nil }
func (*Process) Signal(syscall.Signal) error        { return errors.ErrUnsupported }
func (*Process) SignalServers(syscall.Signal) error { return errors.ErrUnsupported }
func (*Process) Rest() error                        { return errors.ErrUnsupported }
func (*Process) Release() error                     { return errors.ErrUnsupported }
func (*Process) Kill() error                        { return errors.ErrUnsupported }

func OpenChild(int) (*Handle, error)        { return nil, errors.ErrUnsupported }
func (*Handle) PID() int                    { return 0 }
func (*Handle) Signal(syscall.Signal) error { return errors.ErrUnsupported }
func (*Handle) Wait()                       {}
func (*Handle) Close()                      {}

func Identify(int) (Identity, bool)          { return Identity{}, false }
func IdentifyBelow(int) (Identity, bool)     { return Identity{}, false }
func (Identity) Alive() bool                 { return false }
func (Identity) Signal(syscall.Signal) error { return errors.ErrUnsupported }

func Main()                            {}
func BecomeSubreaper(string)           {}
func ReapOrphans(context.Context)      {}
func EndLeftovers(Leftovers) Outcome   { return Outcome{} }
func Keepers() []Identity              { return nil }
func Descendants(int) []int            { return nil }
func EndStrays()                       {}
func HasShell([]int) bool              { return false }
func Work([]int) (time.Duration, bool) { return 0, false }
func MemoryKills() int                 { return 0 }
func MemoryOf([]int) uint64            { return 0 }
func MemoryLeft() (uint64, bool)       { return 0, false }

func OpenForWritingBy(string) (titled, others map[FileID]bool) { return nil, nil }
