package upgrade

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
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

// lastWords is how long a parent waits for the reason of a child that has ended.
const lastWords = 100 * time.Millisecond

// said is what a parent has heard of a child.
type said struct {
	child *proc.Handle // nil: it has not introduced itself
	why   string       // it gave up
	err   error        // it did not get the state
}

// transfer starts a child that begins generation number and gives the child every gate.
// It returns the child once the child has taken over.
func (u *Upgrade) transfer(number handoff.GenID, since time.Time) (*proc.Handle, error) {
	ours, theirs, err := rights.Pair()
	if err != nil {
		return nil, err
	}
	defer ours.Close()
	err = u.flip.AddFile(socketName, theirs) // duplicates theirs, and replaces that of the last upgrade
	_ = theirs.Close()
	if err != nil {
		return nil, err
	}
	heard := make(chan said, 1)
	go func() { heard <- u.send(number, ours) }()
	_ = os.Setenv(childEnv, strconv.FormatInt(since.UnixMilli(), 10))
	err = u.flip.Upgrade()
	_ = os.Unsetenv(childEnv)
	if err != nil {
		_ = ours.SetDeadline(time.Now().Add(lastWords)) // tableflip has the child's end, too, so there is no end of file
	} else {
		_ = ours.SetDeadline(time.Unix(1, 0))
	}
	s := <-heard
	switch {
	case err == nil && s.err == nil:
		u.Registry.CommitTransfer()
		if err := u.Places.HandOver(); err != nil {
			u.cfg.Reporter.StateLost(err)
		}
		return s.child, nil
	case s.why != "":
		err = errors.New(s.why)
	case err == nil:
		err = fmt.Errorf("what was started is not this program: %w", s.err)
	}
	// The child's gates stay behind ours in the kernel's groups until the last process that
	// has them ends: programs whose keepers became children of this process.
	if s.child != nil {
		s.child.Wait()
		s.child.Close()
	}
	proc.EndStrays()
	u.Places.Unlend()
	err = errors.Join(err, u.Registry.AbortTransfer())
	u.Supervisor.Released()
	return nil, err
}

// send waits for the child's hello, sends the state, and waits for what the child says then.
func (u *Upgrade) send(number handoff.GenID, to *net.UnixConn) (s said) {
	b, _, err := rights.Receive(to, maxPacket)
	if err != nil {
		return said{err: err}
	}
	hi, err := read[hello](b)
	if err != nil {
		// The child learns which protocol this process speaks.
		_ = rights.Send(to, packet(State{Protocol: protocol}), -1)
		return said{err: err}
	}
	if s.child, err = proc.OpenChild(hi.PID); err != nil {
		return said{err: fmt.Errorf("process %d of the new hotswap: %w", hi.PID, err)}
	}
	if s.err = u.sendState(number, to, hi.PID); s.err != nil {
		return s
	}
	u.cfg.Reporter.UpgradeBoots(hi.PID)
	if b, _, err = rights.Receive(to, maxPacket); err == nil {
		f, _ := read[failure](b)
		s.why = f.Why
	}
	return s
}

func (u *Upgrade) sendState(number handoff.GenID, to *net.UnixConn, child int) (err error) {
	s := u.stateFor(number, u.Supervisor.Current())
	if s.Gates, err = u.Registry.BeginTransfer(); err != nil {
		return err
	}
	link, theirs, err := rights.Pair()
	if err != nil {
		return err
	}
	defer theirs.Close()
	s.Places = int(theirs.Fd())
	u.Places.Lend(link, child)
	err = rights.Send(to, packet(s), -1)
	for _, fd := range s.descriptors() {
		err = errors.Join(err, rights.Send(to, []byte{0}, *fd))
	}
	return err
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
	if err := rights.Send(parent, packet(hello{protocol, os.Getpid()}), -1); err != nil {
		return s, nil, err
	}
	b, _, err := rights.Receive(parent, maxPacket)
	if err != nil {
		return s, nil, err
	}
	if s, err = read[State](b); err != nil {
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
	return s, parent, nil
}
