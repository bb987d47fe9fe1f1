package upgrade

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/cloudflare/tableflip"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// socketName names the only descriptor that tableflip passes on: the socket over which the
// gates go. Gates passed by tableflip's own names would lose their order, and tableflip
// would keep a duplicate of each for ever.
const socketName = "hotswap"

// lastWords is how long a parent goes on to listen to a child that serves, or has ended.
// There is no end of file, because tableflip keeps the child's end open.
const lastWords = 200 * time.Millisecond

// transfer starts a child that begins generation number and gives the child everything.
// It returns the child once the child has taken over.
func (u *Upgrade) transfer(number handoff.GenID, since time.Time) (child *proc.Handle, err error) {
	ours, theirs, err := rights.Pair()
	if err != nil {
		return nil, err
	}
	defer ours.Close()
	defer theirs.Close()
	state, err := u.stateFor(number, since)
	if err == nil {
		err = u.flip.AddFile(socketName, theirs) // duplicates theirs, and replaces that of the last upgrade
	}
	if err == nil {
		child, err = u.start(ours, state)
	}
	_ = state.places.Close()
	if err == nil {
		u.Registry.CommitTransfer()
		go u.Places.TakeBack(false) // if the child ends before this process, whose program drains
		return child, nil
	}
	// The child's gates stay behind ours in the kernel's groups until the last process that
	// has them ends: programs whose keepers became children of this process.
	if child != nil {
		child.Wait()
		child.Close()
	}
	proc.EndStrays()
	err = errors.Join(err, u.Places.TakeBack(true), u.Registry.AbortTransfer())
	u.Supervisor.Released()
	return nil, err
}

// stateFor returns what a child that begins generation number must know. Until the end of the transfer this
// process changes no gates, and has no state of programs.
func (u *Upgrade) stateFor(number handoff.GenID, since time.Time) (State, error) {
	st := u.Supervisor.Current()
	s := State{
		Protocol: protocol, Since: since, Last: number - 1, Serves: u.Inherited.Serves, Run: u.Instance.Name(), Control: u.Instance.SocketPath(),
		Terminal: u.Terminal.Found(), Activation: u.Activation, Port: u.Port, Listeners: u.Listeners, Token: u.Token, Swaps: st.Swaps, FailedSwaps: st.FailedSwaps,
	}
	for _, l := range st.Lives { // the generation that serves, or else the last that did
		if !l.Served.IsZero() && (st.Generation == 0 || l.Gen <= st.Generation) {
			s.Serves = l.Serves
		}
	}
	var err error
	if s.Gates, err = u.Registry.BeginTransfer(); err != nil {
		return s, err
	}
	link, theirs, err := rights.Pair()
	if err != nil {
		return s, err
	}
	s.Places, s.places = int(theirs.Fd()), theirs
	return s, u.Places.HandOver(link)
}

// start starts a child and returns it when it serves. With an error the child has ended, if there was one.
func (u *Upgrade) start(ours *net.UnixConn, state State) (child *proc.Handle, err error) {
	var why string // it gave up
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		_ = rights.Send(ours, packet(state), -1) // a child that does not get everything fails
		for _, fd := range state.descriptors() {
			_ = rights.Send(ours, []byte{0}, *fd)
		}
		for {
			b, _, err := rights.Receive(ours, maxPacket)
			if err != nil {
				return
			}
			w, _ := read[word](b)
			if why = w.Why; w.PID != 0 && child == nil {
				child, _ = proc.OpenChild(w.PID)
				u.Reporter.UpgradeBoots(w.PID)
			}
		}
	}()
	_ = os.Setenv(childEnv, "1")
	err = u.flip.Upgrade()
	_ = os.Unsetenv(childEnv)
	_ = ours.SetDeadline(time.Now().Add(lastWords))
	<-heard
	switch {
	case why != "":
		err = errors.New(why)
	case err == nil && child == nil:
		err = errors.New("what was started is not this program")
	}
	return child, err
}

// inherit reads in the child what the parent leaves.
func inherit(flip *tableflip.Upgrader) (s State, parent *net.UnixConn, err error) {
	f, err := flip.File(socketName)
	if err != nil || f == nil {
		return s, nil, errors.Join(err, errors.New("the parent left no socket"))
	}
	if parent, err = rights.Conn(f); err != nil {
		return s, nil, err
	}
	b, _, err := rights.Receive(parent, maxPacket)
	if err == nil {
		s, err = read[State](b)
	}
	if err != nil {
		return s, nil, err
	}
	for _, fd := range s.descriptors() {
		if _, *fd, err = rights.Receive(parent, 1); err == nil && *fd < 0 {
			err = errors.New("a packet carries no descriptor")
		}
		if err != nil {
			return s, nil, fmt.Errorf("socket: %w", err)
		}
	}
	return s, parent, rights.Send(parent, packet(word{Protocol: protocol, PID: os.Getpid()}), -1)
}
