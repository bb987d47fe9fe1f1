package run

import (
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// slow is a starter whose process runs before Start returns.
type slow struct {
	begun   chan struct{}
	signals []syscall.Signal
}

func (s *slow) Start(proc.Spec) (Process, error) {
	close(s.begun)
	time.Sleep(50 * time.Millisecond)
	return s, nil
}

func (s *slow) Signal(sig syscall.Signal) error { s.signals = append(s.signals, sig); return nil }
func (*slow) PID() int                          { return 1 }
func (*slow) Listener() (int, error)            { return -1, nil }
func (*slow) Tree() []int                       { return []int{1} }
func (*slow) Kill() error                       { return nil }
func (*slow) Exited() <-chan report.Exit        { return nil }
func (*slow) Gone() <-chan struct{}             { return nil }

type noStreams struct{ Streams }

func (noStreams) Open(report.GenID, bool, func(), func(string)) (Streams, error) {
	return noStreams{}, nil
}
func (noStreams) Stdio() [3]int { return [3]int{} }
func (noStreams) Started()      {}
func (noStreams) Close()        {}

// Ctrl-Z stops hotswap as soon as Signal returns: a program that was being started must have the signal by then.
func TestSignalWaitsForAProgramThatIsBeingStarted(t *testing.T) {
	s := &slow{begun: make(chan struct{})}
	r := &Runner{Console: noStreams{}, Starts: s.Start}
	started := make(chan error)
	go func() {
		_, err := r.Start(Launch{Hear: func(handoff.Event) {}})
		started <- err
	}()
	<-s.begun
	r.Signal(syscall.SIGTSTP)
	if !slices.Equal(s.signals, []syscall.Signal{syscall.SIGTSTP}) {
		t.Errorf("signals %v", s.signals)
	}
	if err := <-started; err != nil {
		t.Error(err)
	}
}
