package upgrade

import (
	"encoding/json"
	"errors"
	"math"
	"net"
	"os"
	"time"

	"github.com/cloudflare/tableflip"

	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// The names of the two files that tableflip passes on.
const (
	stateName  = "state"
	socketName = "descriptors"
)

// word is what a child says over the socket.
type word struct {
	PID int    // its process; 0: this is about something else
	Why string // it gives up
}

// transfer starts a child that gets what the parts leave, and returns it once the child has taken over.
func (u *Upgrade) transfer(since time.Time) (child *proc.Handle, err error) {
	parts, fds, err := freeze(u.Parts)
	if err != nil {
		return nil, err
	}
	if child, err = u.start(state[any]{protocol, since, parts}, fds); err == nil {
		return child, nil
	}
	// The child's gates stay behind ours in the kernel's groups until the last process that
	// has them ends: programs whose keepers became children of this process.
	if child != nil {
		child.Wait()
		child.Close()
	}
	proc.EndStrays()
	return nil, errors.Join(err, thaw(u.Parts))
}

// start starts a child and returns it when it serves. With an error the child has ended, if there was one.
func (u *Upgrade) start(s state[any], fds []int) (child *proc.Handle, err error) {
	ours, theirs, err := rights.Stream()
	if err != nil {
		return nil, err
	}
	defer discardUnread(ours, theirs)
	f, err := s.file()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	// Tableflip duplicates the files, and replaces those of the last upgrade.
	if err := errors.Join(rights.SendFiles(ours, fds), u.flip.AddFile(stateName, f), u.flip.AddFile(socketName, theirs)); err != nil {
		return nil, err
	}
	var why string // it gave up
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		for words := json.NewDecoder(ours); ; {
			var w word
			if words.Decode(&w) != nil {
				return
			}
			if why = w.Why; w.PID != 0 && child == nil {
				child, _ = proc.OpenChild(w.PID)
				u.Reporter.UpgradeBoots(w.PID)
			}
		}
	}()
	_ = os.Setenv(childEnv, "1")
	err = u.flip.Upgrade()
	_ = os.Unsetenv(childEnv)
	_ = ours.CloseRead() // the decoder reads what has come, and then the end (unix_stream_read_generic)
	<-heard
	switch {
	case why != "":
		err = errors.New(why)
	case err == nil && child == nil:
		err = errors.New("what was started is not this program")
	}
	return child, err
}

// discardUnread closes both ends, and what the child has not read: descriptors in the duplicate of the socket that
// tableflip keeps would stay open.
func discardUnread(ours *net.UnixConn, theirs *os.File) {
	_ = ours.Close()
	if conn, err := rights.Conn(theirs); err == nil {
		fds, _ := rights.ReceiveFiles(conn, math.MaxInt)
		closeAll(fds)
		_ = conn.Close()
	}
}

// inherit reads in the child what the parent leaves.
func (u *Upgrade) inherit(flip *tableflip.Upgrader) error {
	f, err := flip.File(stateName)
	if err != nil || f == nil { // another version leaves something else
		return errors.Join(err, errProtocol)
	}
	defer f.Close()
	s, err := read(f)
	if err != nil {
		return err
	}
	socket, err := flip.File(socketName)
	if err != nil || socket == nil {
		return errors.Join(err, errProtocol)
	}
	if u.parent, err = rights.Conn(socket); err != nil {
		return err
	}
	n := 0
	for _, p := range s.Parts {
		n += p.FDs
	}
	fds, err := rights.ReceiveFiles(u.parent, n)
	if err != nil {
		return err
	}
	u.Since, u.inherited = s.Since, deal(s.Parts, fds)
	return json.NewEncoder(u.parent).Encode(word{PID: os.Getpid()})
}
