package once

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/flock"
)

// Reporter reports to the user. Its methods may be called from any goroutine.
type Reporter interface {
	// TaskWaits reports that another hotswap has run a task of the project for a second.
	TaskWaits(command string)
	// TaskNotRemembered reports why a task runs at each start, also with inputs as they were.
	TaskNotRemembered(command string, err error)
}

// Home returns the directory in which tasks are remembered, whether or not there is one.
func Home() (string, error) {
	// By the XDG Base Directory Specification a relative path counts as unset.
	if base := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(base) {
		return filepath.Join(base, "hotswap", "tasks"), nil
	}
	user, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	home := filepath.Join(user, ".local", "state", "hotswap", "tasks")
	if os.Geteuid() == 0 && scratch.Trusted(home) != nil { // sudo -E leaves the HOME of another user
		home = "/var/lib/hotswap/tasks"
	}
	return home, nil
}

func digestOf(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

// wait waits for the project's lock, in the project's folder in Home. An error says why there can be no lock, unless
// ctx has ended.
func (t *Task) wait(ctx context.Context) (lock *os.File, err error) {
	all, err := Home()
	if err != nil {
		return nil, err
	}
	dir, err := filepath.EvalSymlinks(t.Dir)
	if err != nil {
		return nil, err
	}
	home := filepath.Join(all, digestOf(dir))
	if err := scratch.MakeState(home); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(home, "lock"), os.O_RDWR|os.O_CREATE, 0o600) // CLOEXEC, by package os
	if err != nil {
		return nil, err
	}
	waits := time.AfterFunc(time.Second, func() { t.Report.TaskWaits(t.Command) })
	defer waits.Stop()
	if err := flock.File(ctx, f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
