package proc

import (
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/rights"
)

// The keeper and its parent talk over a pair of stream sockets. For a program the parent sends its descriptors
// (SCM_RIGHTS, with blanks), orderStart and a [Spec] by gob, whose strings may have any byte. The keeper sends JSON
// objects, in this order: filter (with its descriptor, if there is a filter), started or failed, exited, gone. Then
// the next program can follow. End of file without gone means that the keeper was killed. Other orders of the parent
// have one byte, so that the kernel takes an order or does not; end of file means that the parent has died.

// keeperEnv makes a process a keeper.
const keeperEnv = "HOTSWAP_KEEPER"

// controlFD is the keeper's end of the control socket.
const controlFD = 3

// titleRoom is what a keeper's title may need, in bytes.
const titleRoom = 160

// remote is a keeper as its parent sees it. One program at a time uses it.
type remote struct {
	pid      int
	control  *net.UnixConn
	specs    *gob.Encoder
	said     rights.Reader // what the keeper sends
	messages *json.Decoder
}

func newRemote(pid int, control *net.UnixConn) *remote {
	r := &remote{pid: pid, control: control, specs: gob.NewEncoder(control)}
	r.said.Conn = control
	r.messages = json.NewDecoder(&r.said)
	return r
}

// forkKeeper starts a keeper, which has no program yet.
func forkKeeper() (*remote, error) {
	control, theirs, err := rights.Pair(unix.SOCK_STREAM)
	if err != nil {
		return nil, err
	}
	defer theirs.Close()                                                    // so that the keeper reads end of file
	env := (&exec.Cmd{Env: append(os.Environ(), keeperEnv+"=1")}).Environ() // the last value of each variable
	title := fmt.Sprintf("%-*s", titleRoom, Title("keeper", ""))
	// Not os.StartProcess: its Files are *os.File. Go opens /dev/null where a standard stream is missing.
	pid, err := syscall.ForkExec(ownBinary, []string{title}, &syscall.ProcAttr{
		Env: env, Files: []uintptr{^uintptr(0), ^uintptr(0), ^uintptr(0), theirs.Fd()},
		Sys: &syscall.SysProcAttr{Setpgid: true}, // hotswap handles Ctrl-C
	})
	if err != nil {
		control.Close()
		return nil, fmt.Errorf("keeper: %w", err)
	}
	return newRemote(pid, control), nil
}

// start asks for a program. An error means that the keeper has ended.
func (r *remote) start(spec Spec) error {
	fds := spec.Stdio[:]
	for _, f := range spec.Files {
		fds = append(fds, f.FD)
	}
	err := rights.SendFiles(r.control, fds)
	if err == nil {
		_, err = r.control.Write([]byte{orderStart})
	}
	if err == nil {
		err = r.specs.Encode(spec)
	}
	return err
}

// end ends a keeper that has no program. It may be stopped, and would not read the end of file.
func (r *remote) end() {
	_ = unix.Kill(r.pid, unix.SIGKILL) // not reaped, so that the ID is its own
	r.control.Close()
	awaitChild(r.pid)
	keepers.mu.Lock()
	defer keepers.mu.Unlock()
	_, _ = unix.Wait4(r.pid, nil, 0, nil) // not wait4(-1), which would take children that others wait for
	delete(keepers.pids, r.pid)
}

// message is what the keeper sends; one field is set.
type message struct {
	Filter  *failure  `json:"filter,omitempty"`  // without an error: it is installed
	Started *Identity `json:"started,omitempty"` // the program
	Failed  *failure  `json:"failed,omitempty"`
	Exited  *Exit     `json:"exited,omitempty"`
	Gone    bool      `json:"gone,omitempty"` // no process is left below
}

// failure is an error that travels as text and number. It is also the error at the other end.
type failure struct {
	Errno syscall.Errno `json:"errno,omitempty"`
	Text  string        `json:"error,omitempty"`
}

func failed(err error) *failure {
	f := &failure{Text: err.Error()}
	f.Text = f.Text[:min(len(f.Text), 500)] // the socket's room is limited, a name in the text is not
	errors.As(err, &f.Errno)
	return f
}

func (f *failure) Error() string { return f.Text }

func (f *failure) Unwrap() error {
	if f.Errno == 0 {
		return nil
	}
	return f.Errno
}

// What the parent sends in place of a signal, which has another number; orderBlank comes with descriptors.
const (
	orderBlank = ' '
	orderKill  = 128 + iota
	orderStart
)
