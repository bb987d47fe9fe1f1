package proc

import (
	"encoding/json"
	"errors"
	"fmt"
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
	text, ok := os.LookupEnv(keeperEnv)
	os.Unsetenv(keeperEnv)
	if !ok || !strings.HasPrefix(os.Args[0], titlePrefix) { // without the title the variable is not ours
		return
	}
	var spec Spec
	if err := json.Unmarshal([]byte(text), &spec); err != nil {
		fmt.Fprintf(os.Stderr, "hotswap: keeper: %v\n", err)
		os.Exit(70)
	}
	Retitle(os.Args[0]) // without the program's words
	runKeeper(spec)
	os.Exit(0)
}

// discarded are signals that keepers do nothing about: a user may send them to all processes that are called hotswap.
var discarded = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT,
	syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGPIPE}

// Heeded returns the signals without those that whoever started this process ignores, as nohup and the background jobs
// of a shell script do: they stay ignored here, and in the program (signal(7)). Go's runtime keeps that of SIGHUP and
// SIGINT only.
func Heeded(all ...os.Signal) []os.Signal { return slices.DeleteFunc(all, signal.Ignored) }

type keeper struct {
	Spec                   // without what its arguments, environment and descriptors tell
	program   int          // its process ID and process group
	pipe      net.Listener // nil: there is none
	relatives relatives

	none chan struct{} // closed when no process is left below
	kill func()        // begins to kill all
	stop *stop         // the last one that was ordered; owned by obey
}

func runKeeper(spec Spec) {
	k := &keeper{Spec: spec, none: make(chan struct{})}
	k.kill = sync.OnceFunc(func() { go killAll(k.tree, func(pid int) { k.signalOne(pid, unix.SIGKILL) }, k.none) })
	for i := range 1 + len(k.Files) {
		unix.CloseOnExec(controlFD + i)
	}
	becomeReaper()
	died := make(chan os.Signal, 1)
	signal.Notify(died, syscall.SIGCHLD)
	// Not ignored, because the program would inherit that.
	signal.Notify(make(chan os.Signal, 1), Heeded(discarded...)...)

	var err error
	thread.Own(func() { err = k.start() })
	if err != nil {
		k.removePipe()
		k.send(message{Failed: failed(err)})
		return
	}
	started, _ := Identify(k.program) // not waited for, so that the ID is its own
	k.relatives.add(started)
	k.send(message{Started: &started})
	go k.obey()
	k.reap(died)
	k.removePipe()
	k.send(message{Gone: true})
}

// start installs the filter and forks the program in the same thread, which then ends. So only the program and its
// descendants have the filter, and the listener hangs up when the last of them ends.
func (k *keeper) start() error {
	argv, env := os.Args[1:], os.Environ() // the first argument is the keeper's title
	path, err := k.Path, error(nil)
	if path == "" {
		path, err = find(argv[0])
	}
	if err == nil && k.Pipes != "" {
		err = k.listen() // before the filter, which would report that
	}
	if err != nil {
		return err
	}
	k.install()
	if k.ListenPID {
		env, path = append(env, programEnv+"="+path), ownBinary
	}
	if k.Low { // on Linux of this thread, and of what it forks (setpriority(2)); the disks follow (ioprio_set(2))
		_ = unix.Setpriority(unix.PRIO_PROCESS, 0, low)
	}
	k.program, err = syscall.ForkExec(path, argv, &syscall.ProcAttr{
		Env:   env,
		Files: k.table(),
		Sys:   &syscall.SysProcAttr{Setpgid: true},
	})
	for i := range k.Files { // so that sockets do not outlive their users
		unix.Close(controlFD + 1 + i)
	}
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
	files := []uintptr{0, 1, 2}
	for i, f := range k.Files {
		for len(files) <= f.At {
			files = append(files, ^uintptr(0))
		}
		files[f.At] = uintptr(controlFD + 1 + i)
	}
	return files
}

func (k *keeper) send(t message, rights ...byte) {
	b, _ := json.Marshal(t)                        // never fails
	_ = unix.Sendmsg(controlFD, b, rights, nil, 0) // obey notices a closed socket
}

// reap waits for all children, which include every orphan below where orphans fall to the
// keeper, and returns when no process is left.
func (k *keeper) reap(died <-chan os.Signal) {
	defer close(k.none)
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

// obey executes the parent's orders until the parent is gone. Then it asks the program to end, and kills what is left.
func (k *keeper) obey() {
	orders := make([]byte, 64)
	for {
		n, err := unix.Read(controlFD, orders)
		if err == unix.EINTR || err == unix.ECONNRESET { // see rights.Reader
			continue
		}
		if err != nil || n == 0 {
			break
		}
		for _, o := range orders[:n] {
			if sig := syscall.Signal(o); sig == orderKill {
				k.kill()
			} else {
				k.signal(sig)
			}
		}
	}
	k.signal(syscall.SIGTERM)
	time.Sleep(orphanGrace)
	k.kill()
}
