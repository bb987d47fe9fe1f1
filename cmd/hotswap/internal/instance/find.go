package instance

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/record"
)

// ErrNone says that no hotswap runs where one is looked for.
var ErrNone = errors.New("no hotswap runs")

// AwaitSave asks what has become of the newest save, again and again while the hotswap that [Find] means may only
// begin. The client is nil if none has run until ctx ended.
func AwaitSave(ctx context.Context, pid int) (client *control.Client, r control.Result, err error) {
	for {
		socket, err := Find(pid)
		if err == nil {
			client = control.NewClient(socket)
			r, err = client.Command(ctx, "wait")
		}
		if !errors.Is(err, ErrNone) && !errors.Is(err, control.ErrNotRunning) || wait.For(ctx, wait.Poll) != nil {
			return client, r, err
		}
	}
}

// WatchEnd returns a function that waits for the end of a process. Only then are the
// ports of that process free.
func WatchEnd(pid int) (ended func()) {
	process, _ := proc.Identify(pid) // none: the process is gone, or in another PID namespace
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), wait.Answer)
		defer cancel()
		process.Wait(ctx)
	}
}

// Find returns the path of the control socket of the hotswap that is meant: by --pid; or the one that runs in this
// directory or the nearest above; or the one whose program asks, by the environment; or the only one below. If several
// run in that directory, the environment decides. One of another git working tree is not meant, as where a worktree
// lies in the main one.
func Find(pid int) (string, error) {
	if pid != 0 {
		for _, r := range running() {
			if r.PID == pid {
				return socketOf(r)
			}
		}
		if _, alive := proc.Identify(pid); alive { // it may begin only now
			return "", exit.Unavailablef("%w as process %d of this user", ErrNone, pid)
		}
		return "", exit.Unavailablef("there is no process %d", pid)
	}
	env := os.Getenv(options.ControlEnv)
	dir, err := os.Getwd()
	switch {
	case err != nil && env != "":
		return env, nil
	case err != nil:
		return "", exit.Unavailable(err)
	}
	asks := func(r record.Record) bool {
		abs, err := filepath.Abs(env)
		return env != "" && err == nil && regular.Real(r.Control) == regular.Real(abs)
	}
	tree := regular.Nearest(regular.Real(dir), ".git", os.Stat)
	everywhere := running()
	all := slices.DeleteFunc(slices.Clone(everywhere), func(r record.Record) bool {
		theirs := regular.Nearest(regular.Real(r.Dir), ".git", os.Stat)
		return tree != "" && theirs != "" && theirs != tree
	})
	near := nearest(regular.Real(dir), all)
	switch {
	case env != "" && len(near) == 0, slices.ContainsFunc(near, asks):
		return env, nil
	case len(near) > 1:
		return "", several(near, "in", near[0].Dir)
	case len(near) == 0:
		near = below(regular.Real(dir), all)
	}
	switch len(near) {
	case 0:
		return "",
			exit.Unavailablef(
				"%w in %s, above it or below it; start one there, or name one that runs elsewhere with --pid%s", ErrNone,
				dir, inWorktrees(dir, everywhere))
	case 1:
		return socketOf(near[0])
	}
	return "", several(near, "below", dir)
}

// longestList bounds the folders that a message names, in bytes.
const longestList = 600

// inWorktrees names the folders of the hotswaps in other work trees of the git repository of dir; "": there are none.
func inWorktrees(dir string, all []record.Record) string {
	var folders []string
	own := repository(dir)
	for _, r := range all {
		if own != "" && repository(r.Dir) == own {
			folders = append(folders, r.Dir)
		}
	}
	if len(folders) == 0 {
		return ""
	}
	slices.Sort(folders)
	return "; in other worktrees of this repository: " +
		plain.Short(strings.Join(slices.Compact(folders), ", "), longestList)
}

// several returns an error that lists the hotswaps in or below a directory.
func several(all []record.Record, where, dir string) error {
	var which []string
	for _, r := range all {
		command := strings.Join(r.Command, " ")
		if sub, err := filepath.Rel(regular.Real(dir), regular.Real(r.Dir)); err == nil && sub != "." {
			command = sub + ": " + command
		}
		which = append(which, fmt.Sprintf("--pid %d (%s)", r.PID, command))
	}
	return exit.Unavailablef("%d hotswaps run %s %s: choose one with %s", len(all), where, dir,
		strings.Join(which, " or "))
}

func below(dir string, all []record.Record) []record.Record {
	return slices.DeleteFunc(slices.Clone(all), func(r record.Record) bool {
		sub, err := filepath.Rel(dir, regular.Real(r.Dir))
		return err != nil || !filepath.IsLocal(sub)
	})
}

func socketOf(r record.Record) (string, error) {
	if r.Control == "" {
		return "",
			exit.Unavailablef(
				"hotswap (process %d) runs without a control socket; send it SIGHUP to reload, SIGTERM to stop", r.PID)
	}
	return r.Control, nil
}

// nearest returns the hotswaps of the deepest directory that is dir or above it.
func nearest(dir string, all []record.Record) []record.Record {
	for at := range regular.Above(dir) {
		if here := slices.DeleteFunc(slices.Clone(all), func(r record.Record) bool {
			return regular.Real(r.Dir) != at
		}); len(here) > 0 {
			return here
		}
	}
	return nil
}

// Each calls do for every hotswap of this user, side by side. The results are in the order of the folders.
func Each[T any](do func(record.Record) T) ([]T, error) {
	all := running()
	if len(all) == 0 {
		return nil, exit.Unavailablef("%w for this user on this machine", ErrNone)
	}
	slices.SortFunc(all, func(a, b record.Record) int {
		return cmp.Or(strings.Compare(a.Dir, b.Dir), a.PID-b.PID)
	})
	out := make([]T, len(all))
	var asked sync.WaitGroup
	for i, r := range all {
		asked.Go(func() { out[i] = do(r) })
	}
	asked.Wait()
	return out, nil
}

func running() []record.Record {
	var out []record.Record
	for _, dir := range record.Homes() {
		for _, r := range dir.All() {
			if r.SameNamespace() && r.Alive() {
				out = append(out, r)
			}
		}
	}
	return out
}

// Asked returns the error of a command that has asked a running hotswap.
func Asked(client *control.Client, err error) error {
	switch {
	case err == nil, errors.As(err, new(*exit.Error)):
		return err
	case errors.Is(err, context.DeadlineExceeded):
		return exit.Unavailablef("hotswap (process %d) does not answer; if it is stopped (Ctrl-Z), continue it by fg",
			client.PID())
	case control.Ended(err):
		return exit.Unavailablef("hotswap (process %d) has ended before it answered", client.PID())
	}
	return exit.Unavailable(err)
}
