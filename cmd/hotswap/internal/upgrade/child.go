package upgrade

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// socketName names the only file that tableflip passes on. A change of what a part leaves makes another name, so that
// the other version does not find it. A part that the other version does not have makes none: one that is missing has
// left nothing, and the rest is closed.
const socketName = "parent 11"

var errProtocol = errors.New(
	"the two versions of hotswap speak different protocols: stop this hotswap and start the other")

type message struct {
	Since time.Time // files that have changed since then are the child's
	Parts map[string]share
}

type word struct {
	PID int    // its process; 0: this is about something else
	Why string // it gives up
}

type share struct {
	State json.RawMessage
	FDs   []int // on the way: positions in the row of all descriptors
}

// start starts a child and returns it when it serves. With an error the child has ended, if there was one.
func (u *Upgrade) start(m message, fds []int) (child *proc.Identity, err error) {
	ours, theirs, err := rights.Pair(syscall.SOCK_STREAM)
	if err != nil {
		return nil, err
	}
	defer discardUnread(ours, theirs)
	// Tableflip duplicates the socket, and replaces that of the last upgrade.
	if err := errors.Join(rights.SendFiles(ours, fds), u.flip.AddFile(socketName, theirs)); err != nil {
		return nil, err
	}
	var why string // it gave up
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		_ = json.NewEncoder(ours).Encode(m) // a child that does not get everything fails
		for words := json.NewDecoder(ours); ; {
			var w word
			if words.Decode(&w) != nil {
				return
			}
			why = w.Why
			if w.PID != 0 && child == nil {
				if id, below := proc.IdentifyBelow(w.PID); below {
					child = &id
				}
				u.Reporter.UpgradeBoots(w.PID)
			}
		}
	}()
	os.Setenv(childEnv, "1")
	err = u.flip.Upgrade()
	os.Unsetenv(childEnv)
	_ = ours.SetWriteDeadline(time.Unix(1, 0)) // the child may have read nothing
	// the decoder reads what has come, and then the end (unix_stream_read_generic)
	_ = ours.CloseRead()
	<-heard
	switch {
	case why != "":
		err = errors.New(why)
	case err == nil && child == nil:
		err = errors.New("what was started is not this program")
	}
	return child, err
}

// discardUnread closes both ends, and the descriptors that the child has not read: in the duplicate of the socket that
// tableflip keeps they would stay open.
func discardUnread(ours *net.UnixConn, theirs *os.File) {
	ours.Close()
	if conn, err := rights.Conn(theirs); err == nil {
		rest := rights.Reader{Conn: conn}
		_, _ = io.Copy(io.Discard, &rest)
		closeAll(rest.FDs)
		conn.Close()
	}
}

func closeAll(fds []int) {
	for _, fd := range fds {
		_ = syscall.Close(fd)
	}
}

// receive gets in the child what the parent leaves, and says which process the child is.
func (u *Upgrade) receive() error {
	socket, err := u.flip.File(socketName)
	if err != nil || socket == nil { // of another version
		return errors.Join(err, errProtocol)
	}
	u.parent, err = rights.Conn(socket)
	if err != nil {
		return err
	}
	if err := u.read(u.parent); err != nil {
		return err
	}
	return json.NewEncoder(u.parent).Encode(word{PID: os.Getpid()})
}

func (u *Upgrade) read(from *net.UnixConn) error {
	var m message
	r := rights.Reader{Conn: from}
	if err := json.NewDecoder(&r).Decode(&m); err != nil {
		return err
	}
	for _, of := range m.Parts {
		for i, at := range of.FDs {
			if at >= len(r.FDs) {
				return errors.New("descriptors are missing")
			}
			of.FDs[i] = r.FDs[at]
		}
	}
	u.Since, u.left = m.Since, m.Parts
	return nil
}
