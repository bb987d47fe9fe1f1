package proc

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff/seccomp"
)

// orphanGrace is how long a program may take to leave after hotswap has died
// and it was sent SIGTERM.
const orphanGrace = 2 * time.Second

// Main is the keeper's life, or sets LISTEN_PID, if this process was started to be
// one; otherwise it returns. To be called before anything else in main.
func Main() {
	setListenPID()
	text, ok := os.LookupEnv(keeperEnv)
	_ = os.Unsetenv(keeperEnv)
	if !ok || !strings.HasPrefix(os.Args[0], titlePrefix) { // without the name the variable is somebody's own
		return
	}
	var a assignment
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		fmt.Fprintf(os.Stderr, "hotswap: keeper: %v\n", err)
		os.Exit(70)
	}
	newKeeper(a).run()
	os.Exit(0)
}

type keeper struct {
	assignment
	program  int         // its process id and process group
	orphaned atomic.Bool // hotswap has died
	outlets  []*outlet
	lowered  lowered

	none   chan struct{} // closed when no process is left below
	killer killer

	mu     sync.Mutex // guards what follows; held over the wait for a child
	reaped bool       // the program has been waited for: its number may be another's
}

func newKeeper(a assignment) *keeper {
	none := make(chan struct{})
	return &keeper{assignment: a, none: none, killer: killer{
		tree: func() []int { return Descendants(os.Getpid()) },
		kill: func(pid int) { signalBelow(pid, unix.SIGKILL) },
		none: none,
	}}
}

func (k *keeper) run() {
	unix.CloseOnExec(controlFD)
	for i := range len(k.Files) + 2*k.Outlets {
		unix.CloseOnExec(controlFD + 1 + i)
	}
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	// Signals are the program's business: they reach the keeper only by
	// mistake. Caught, not ignored, for ignoring is inherited.
	discardGroupSignals()

	var err error
	seccomp.OnOwnThread(func() { err = k.start() })
	if err != nil {
		f := &failedReport{Error: err.Error()}
		f.Error = f.Error[:min(len(f.Error), 500)] // it holds a name of any length, a packet does not
		errors.As(err, &f.Errno)
		k.tell(report{Failed: f}, -1)
		return
	}
	started, _ := Identify(k.program) // not waited for yet: the number is its own
	k.tell(report{Started: &started}, -1)
	k.takeOutlets()
	go k.obey()
	k.reap()
	if k.orphaned.Load() {
		k.lastWords()
		k.giveBack() // again: node sets it, when it ends, as it was when it began
	}
	k.tell(report{Gone: true}, -1)
}

// start installs the filter and forks the program from one and the same
// thread, which then ends: so no process above the program carries the filter,
// and the listener hangs up with the last one below.
func (k *keeper) start() error {
	unblock(k.Blocked)  // the program inherits this thread's mask
	argv := os.Args[1:] // the first is our own, for a process list
	path, err := find(argv[0])
	if err != nil {
		return err
	}
	if len(k.Filter) > 0 {
		listener, err := seccomp.Install(k.Filter)
		f := &filterReport{}
		if err != nil {
			f.Error = err.Error()
			errors.As(err, &f.Errno)
		}
		k.tell(report{Filter: f}, listener)
		if listener >= 0 {
			_ = unix.Close(listener)
		}
	}
	env := os.Environ()
	if k.ListenPID {
		env, path = listenPIDEnv(env, path), ownBinary
	}
	if k.Ahead {
		k.lowered = lower()
	}
	k.program, err = syscall.ForkExec(path, argv, &syscall.ProcAttr{
		Env:   env,
		Files: k.table(),
		Sys:   &syscall.SysProcAttr{Setpgid: true},
	})
	for i := range k.Files { // a socket that we held would outlive its users
		_ = unix.Close(controlFD + 1 + i)
	}
	return err
}

// find is the program's path, by its own PATH and directory. A relative
// directory in PATH (./node_modules/.bin) counts as in a shell: os/exec warns
// of it for programs that did not mean to run what lies about.
func find(name string) (string, error) {
	path, err := exec.LookPath(name)
	switch {
	case err == nil, errors.Is(err, exec.ErrDot):
		return path, nil
	case errors.Is(err, exec.ErrNotFound): // an error travels as text and number
		return "", &remoteError{err.Error(), syscall.ENOENT}
	case errors.Is(err, fs.ErrPermission):
		return "", &remoteError{err.Error(), syscall.EACCES}
	}
	return "", err
}

// table is the program's descriptor table: ours for standard input, output
// and error, the files at their numbers, nothing between.
func (k *keeper) table() []uintptr {
	files := []uintptr{0, 1, 2}
	for i, at := range k.Files {
		for len(files) <= at {
			files = append(files, ^uintptr(0))
		}
		files[at] = uintptr(controlFD + 1 + i)
	}
	return files
}

func (k *keeper) tell(t report, fd int) {
	b, err := json.Marshal(t)
	if err != nil {
		return
	}
	var rights []byte
	if fd >= 0 {
		rights = unix.UnixRights(fd)
	}
	_ = unix.Sendmsg(controlFD, b, rights, nil, unix.MSG_NOSIGNAL) // if nobody listens, obey finds out
}

// reap waits for everything that is, or becomes, our child, and returns when
// there is nothing left: as subreaper we get every orphan below.
func (k *keeper) reap() {
	defer close(k.none)
	for {
		// WNOWAIT leaves the dead child, and with it its number, as it is.
		err := unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil { // ECHILD
			return
		}
		ws, program := k.reapOne()
		if !program {
			continue
		}
		exit := Exit{Left: len(living(Descendants(os.Getpid())))}
		if ws.Signaled() {
			exit.Signal, exit.Core = ws.Signal(), ws.CoreDump()
		} else {
			exit.Code = ws.ExitStatus()
		}
		k.tell(report{Exited: &exit}, -1)
	}
}

// reapOne waits for a dead child, and notes it if that is the program: in one with the
// wait, so that signalGroup finds the program waited for, or the number its own.
func (k *keeper) reapOne() (ws unix.WaitStatus, program bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	pid, err := unix.Wait4(-1, &ws, unix.WNOHANG, nil)
	program = err == nil && pid == k.program
	k.reaped = k.reaped || program
	return ws, program
}

// obey carries the parent's orders out until the parent is gone. Then it asks the
// program to end, unless that was started ahead and does nobody's work yet.
func (k *keeper) obey() {
	buf := make([]byte, 4096)
	for {
		var n int
		err := pastReset(func() (err error) {
			n, err = unix.Read(controlFD, buf)
			return err
		})
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || n == 0 {
			break
		}
		var o order
		if json.Unmarshal(buf[:n], &o) != nil {
			continue
		}
		if o.Signal != 0 {
			k.signal(o.Signal)
		}
		if o.Kill {
			k.killer.start()
		}
		if o.Release {
			k.Ahead = false
			k.lowered.raise(func() []int { return Descendants(os.Getpid()) })
		}
	}
	k.orphaned.Store(!k.Ahead)
	k.giveBack()
	if k.Ahead {
		k.killer.start()
		return
	}
	k.passOn()
	k.signal(syscall.SIGTERM)
	time.Sleep(orphanGrace)
	k.killer.start()
}

// giveBack sets the terminal as hotswap found it, if it died before it could do
// so itself. We are in the background, where that takes that SIGTTOU is ignored
// (tcsetattr(3)); nothing is forked any more that could inherit this.
func (k *keeper) giveBack() {
	if k.Terminal != nil {
		signal.Ignore(syscall.SIGTTOU)
		k.Terminal.Return()
	}
}
