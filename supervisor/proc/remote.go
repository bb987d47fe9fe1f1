package proc

import (
	"encoding/gob"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/rights"
)

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
