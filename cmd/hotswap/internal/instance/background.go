package instance

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/internal/flock"
	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/record"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Background is a hotswap that is to run in the background of the current folder.
type Background struct {
	Config
	Args  []string      // of hotswap
	Limit time.Duration // until its program serves or has failed
	Says  func(command string, r control.Result) (string, error)
}

// Serves starts hotswap unless one runs this command here already, waits until the program serves, and prints its URL
// to out. Who calls it here in the same moment waits.
func (b Background) Serves(out, errOut io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), b.Limit)
	defer cancel()
	lock, err := lockFolder(ctx)
	if err != nil {
		return exit.Unavailable(err)
	}
	defer lock.Close()
	for {
		same, other, err := here(b.Config)
		switch {
		case err != nil:
			return err
		case same.PID == 0 && other.PID != 0:
			stop := fmt.Sprintf("hotswap stop --pid %d", other.PID)
			if byTool() {
				stop = "stop"
			}
			return exit.Unavailablef(
				"another hotswap (process %d) runs here already: %s; %s ends it; with another --name, or without -d, a second one can run beside it", other.PID, described(other), stop)
		}
		pid := same.PID
		asks, ended := ctx, WatchEnd(pid)
		var own *detached
		if pid == 0 {
			own, asks, err = detach(ctx, b.Args, b.Name)
			if err != nil {
				return exit.Unavailable(err)
			}
			pid = own.cmd.Process.Pid
		}
		client, r, err := AwaitSave(asks, Which{PID: pid})
		stops := r.Outcome == report.OutcomeStopping
		if own != nil && (err != nil || stops) { // it may be about to end
			select {
			case <-asks.Done():
			case <-time.After(wait.Answer):
			}
		}
		switch {
		case own == nil && errors.Is(err, control.ErrNotRunning):
			return exit.Unavailable(err)
		case ctx.Err() != nil:
			return exit.Unavailablef(
				"hotswap runs (process %d), but the program neither serves nor has failed after %s; see hotswap logs, hotswap status", pid, b.Limit)
		case asks.Err() != nil:
			_, err = errOut.Write(own.said)
			code := own.cmd.ProcessState.ExitCode()
			if code < 0 { // a signal has ended it
				code = exit.CodeSoftware
			}
			return cmp.Or(err, exit.Ended(code))
		case err != nil:
			return exit.Unavailable(err)
		case stops: // and is in the way of the next
			ended()
			continue
		}
		if own != nil {
			own.repeat(errOut)
		}
		text, err := b.Says("wait", r)
		if r.Outcome == report.OutcomePaused {
			text = err.Error()
		} else if err != nil {
			return exit.Failedf(
				"%w; hotswap (process %d) goes on, and the next good save serves: see hotswap logs, hotswap wait, hotswap stop", err, pid)
		}
		if url := status(client.Path).URL; url != "" {
			fmt.Fprintln(out, url)
		}
		_, err = fmt.Fprintf(errOut, "hotswap: process %d: %s; see hotswap logs, hotswap status, hotswap stop\n", pid,
			text)
		return err
	}
}

// lockFolder locks the current folder against others who start a hotswap of this user here: by a file beside the
// records, because whoever can read the folder can lock it. The file stays: another may be about to lock it.
func lockFolder(ctx context.Context) (*os.File, error) {
	home, err := record.Home()
	if err != nil {
		return nil, err
	}
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(home.Lock(regular.Real(dir)), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := flock.File(ctx, lock); err != nil {
		return nil, errors.Join(fmt.Errorf("another hotswap -d starts: %w", err), lock.Close())
	}
	return lock, nil
}

// detached is a hotswap in a session of its own, which no hang-up of this terminal reaches.
type detached struct {
	cmd  *exec.Cmd
	mu   sync.Mutex // guards said
	said []byte     // its last lines
}

// detach starts hotswap with these arguments, in a session of its own. Its lines are read as long as this process
// lives. running ends with it.
func detach(ctx context.Context, args []string, name string) (d *detached, running context.Context, err error) {
	ours := slices.Index(append(slices.Clone(args), "--"), "--")
	d = &detached{cmd: exec.Command(os.Args[0], slices.Insert(slices.Clone(args), ours, "--detach=false")...)}
	d.cmd.Env = append(os.Environ(), options.DetachedEnv+"="+cmp.Or(name, "background"))
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	d.cmd.Stderr, d.cmd.WaitDelay = d, wait.Person
	if err := d.cmd.Start(); err != nil {
		return nil, nil, err
	}
	running, end := context.WithCancel(ctx)
	go func() {
		_ = d.cmd.Wait() // and for the last Write
		end()
	}()
	return d, running, nil
}

// mostSaid is how many bytes of a hotswap's last lines are kept.
const mostSaid = 16 << 10

func (d *detached) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.said = append(d.said, p...)
	d.said = d.said[max(0, len(d.said)-mostSaid):]
	return len(p), nil
}

// ownLine is a line of hotswap's own that is not about a generation.
var ownLine = lazy.Pattern(`(?m)^hotswap: ([^g]|g[^e]).*\n`)

// repeat prints what hotswap has said of the command and its surroundings.
func (d *detached) repeat(w io.Writer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, line := range ownLine().FindAll(d.said, -1) {
		_, _ = w.Write(line)
	}
}
