package proc

import (
	"bufio"
	"encoding/gob"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/internal/thread"
)

// orphanGrace is the time for a program to end after SIGTERM if hotswap has died.
const orphanGrace = 2 * time.Second

// low is the nice value of what other programs come before. Its share of a processor is a third of another program's
// (sched(7)): where other programs have all processors, it comes to its end all the same, and takes little from a save.
const low = 5

// A process that was started as a keeper, or to set LISTEN_PID, does that here and does not come to main. So it does
// not prepare the packages either that Go initializes later: a sixth of what a keeper's start costs.
func init() {
	setListenPID()
	_, ok := os.LookupEnv(keeperEnv)
	os.Unsetenv(keeperEnv)
	if !ok || !strings.HasPrefix(os.Args[0], titlePrefix) { // without the title the variable is not ours
		return
	}
	keep()
	os.Exit(0)
}

// discarded are signals that keepers do nothing about: a user may send them to all processes that are called hotswap.
var discarded = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT,
	syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGPIPE}

// Heeded returns the signals without those that whoever started this process ignores, as nohup and the background jobs
// of a shell script do: they stay ignored here, and in the program (signal(7)). Go's runtime keeps that of SIGHUP and
// SIGINT only.
func Heeded(all ...os.Signal) []os.Signal { return slices.DeleteFunc(all, signal.Ignored) }

// keeper is what a keeper knows of a program.
type keeper struct {
	Spec
	control   *net.UnixConn
	files     []int        // Stdio and Files here
	program   int          // its process ID and process group
	pipe      net.Listener // nil: there is none
	relatives relatives

	none   chan struct{}  // closed when no process is left below
	kill   func()         // begins to kill all
	stop   *stop          // the last one that was ordered; owned by keep
	orders sync.WaitGroup // those that are carried out
}

func newKeeper(control *net.UnixConn) *keeper {
	k := &keeper{control: control, none: make(chan struct{})}
	k.kill = sync.OnceFunc(func() {
		k.orders.Go(func() { killAll(k.tree, func(pid int) { k.signalOne(pid, unix.SIGKILL) }, k.none) })
	})
	return k
}

// keep runs programs, one after the other, and executes the parent's orders until the parent is gone. Then it asks the
// program to end, and kills what is left.
func keep() {
	control, err := rights.Conn(os.NewFile(controlFD, "control"))
	if err != nil {
		os.Exit(70)
	}
	becomeReaper()
	died := make(chan os.Signal, 1)
	signal.Notify(died, syscall.SIGCHLD)
	// Not ignored, because the program would inherit that.
	signal.Notify(make(chan os.Signal, 1), Heeded(discarded...)...)

	in := rights.Reader{Conn: control}
	orders := bufio.NewReader(&in)
	specs := gob.NewDecoder(orders)
	k := newKeeper(control)
	close(k.none)
	for {
		o, err := orders.ReadByte()
		if err != nil {
			break
		}
		switch o {
		case orderBlank:
		case orderStart:
			k.orders.Wait() // which would go on with the processes of the next program
			k = newKeeper(control)
			if specs.Decode(&k.Spec) != nil {
				return
			}
			k.files, in.FDs = in.FDs, nil
			k.run(died)
		case orderKill:
			k.kill()
		default:
			k.signal(syscall.Signal(o))
		}
	}
	k.signal(syscall.SIGTERM)
	select {
	case <-k.none:
	case <-time.After(orphanGrace):
		k.kill()
		<-k.none
	}
}

// run starts the program, and returns without waiting for the end.
func (k *keeper) run(died <-chan os.Signal) {
	Retitle(k.Title)
	var err error
	thread.Own(func() { err = k.start() })
	for _, fd := range k.files { // so that sockets do not outlive their users
		unix.Close(fd)
	}
	if err != nil {
		k.removePipe()
		close(k.none)
		k.send(message{Failed: failed(err)})
		return
	}
	started, _ := Identify(k.program) // not waited for, so that the ID is its own
	k.relatives.add(started)
	k.send(message{Started: &started})
	go func() {
		k.reap(died)
		Retitle(strings.TrimSpace(os.Args[0]))
		k.removePipe()
		close(k.none)
		k.send(message{Gone: true})
	}()
}

// start installs the filter and forks the program in the same thread, which then ends. So only the program and its
// descendants have the filter, and the listener hangs up when the last of them ends.
func (k *keeper) start() error {
	if len(k.files) < len(k.Stdio)+len(k.Files) {
		return syscall.EMFILE // the kernel drops descriptors for which there is no room (unix(7))
	}
	var err error
	_ = os.Setenv("PATH", handoff.Value(k.Env, "PATH")) // which find uses
	if k.Dir != "" {
		err = os.Chdir(k.Dir)
	}
	path := k.Path
	if path == "" && err == nil {
		path, err = find(k.Argv[0])
	}
	if err == nil && k.Pipes != "" {
		err = k.listen() // before the filter, which would report that
	}
	if err != nil {
		return err
	}
	k.install()
	if k.ListenPID {
		k.Env, path = append(k.Env, programEnv+"="+path), ownBinary
	}
	if k.Low { // on Linux of this thread, and of what it forks (setpriority(2)); the disks follow (ioprio_set(2))
		_ = unix.Setpriority(unix.PRIO_PROCESS, 0, low)
	}
	// Not os.StartProcess: its Files are *os.File, whose Fd() may make the open file
	// description blocking, and so a listening socket that others use.
	k.program, err = syscall.ForkExec(path, k.Argv, &syscall.ProcAttr{
		Env:   k.Env,
		Files: k.table(),
		Sys:   &syscall.SysProcAttr{Setpgid: true},
	})
	return err
}

// find returns the program's path by its PATH and directory. As in a shell, relative
// directories in PATH count (./node_modules/.bin), which os/exec reports as ErrDot.
func find(name string) (string, error) {
	path, err := exec.LookPath(name)
	switch {
	case err == nil, errors.Is(err, exec.ErrDot):
		return path, nil
	case errors.Is(err, exec.ErrNotFound):
		return "", &failure{syscall.ENOENT, err.Error()}
	case errors.Is(err, fs.ErrPermission):
		return "", &failure{syscall.EACCES, err.Error()}
	}
	return "", err
}

// table returns the program's descriptors: standard input, output and error, and Files.
func (k *keeper) table() []uintptr {
	var files []uintptr
	for i, fd := range k.files {
		at := i
		if i >= len(k.Stdio) {
			at = k.Files[i-len(k.Stdio)].At
		}
		for len(files) <= at {
			files = append(files, ^uintptr(0))
		}
		files[at] = uintptr(fd)
	}
	return files
}

func (k *keeper) send(t message, rights ...byte) {
	b, _ := json.Marshal(t)                          // never fails
	_, _, _ = k.control.WriteMsgUnix(b, rights, nil) // keep notices a closed socket
}

// reap waits for all children, which include every orphan below where orphans fall to the
// keeper, and returns when no process is left.
func (k *keeper) reap(died <-chan os.Signal) {
	for {
		var ws unix.WaitStatus
		switch pid, err := unix.Wait4(-1, &ws, unix.WNOHANG, nil); {
		case err != nil: // ECHILD
			k.relatives.awaitEnd()
			return
		case pid == 0:
			<-died
		case pid == k.program:
			exit := exitOf(ws)
			exit.Left = len(living(k.tree()))
			k.send(message{Exited: &exit})
		}
	}
}

func (k *keeper) tree() []int {
	out, _ := k.relatives.below(os.Getpid())
	return out
}

func exitOf(ws unix.WaitStatus) Exit {
	if ws.Signaled() {
		return Exit{Signal: ws.Signal(), Core: ws.CoreDump()}
	}
	return Exit{Code: ws.ExitStatus()}
}
