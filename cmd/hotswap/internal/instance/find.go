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

// Which says which hotswap a command means, among those that run where it is looked for.
type Which struct {
	Command string // that asks, as people write it: reload
	PID     int    // 0: any
	Name    string // "": any
}

// AwaitSave asks what has become of the newest save, again and again while the hotswap that [Which.Find] means may only
// begin. The client is nil if none has run until ctx ended.
func AwaitSave(ctx context.Context, which Which) (client *control.Client, r control.Result, err error) {
	for {
		socket, err := which.Find()
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

// Find returns the path of the control socket of the one hotswap that is meant.
func (w Which) Find() (string, error) {
	all, where, err := w.find()
	switch {
	case err != nil:
		return "", err
	case len(all) > 1:
		return "", exit.Unavailablef("%d hotswaps run %s: write %s", len(all), where, w.choices(all))
	}
	return socketOf(all[0])
}

// FindAll returns the paths of the control sockets of all that may be meant.
func (w Which) FindAll() (sockets []string, err error) {
	all, _, err := w.find()
	for _, r := range all {
		socket, why := socketOf(r)
		if why != nil {
			return nil, why
		}
		sockets = append(sockets, socket)
	}
	return sockets, err
}

// find returns the hotswaps that may be meant, at least one: by --pid; or those that run in this directory or the
// nearest above; or the one whose program asks, by the environment; or those below. If several run in that directory,
// their name decides, or else the environment. One of another git working tree is not meant, as where a worktree lies
// in the main one.
func (w Which) find() (all []record.Record, where string, err error) {
	everywhere := running()
	if w.PID != 0 {
		for _, r := range everywhere {
			if r.PID == w.PID {
				return []record.Record{r}, "", nil
			}
		}
		if _, alive := proc.Identify(w.PID); alive { // it may begin only now
			return nil, "", exit.Unavailablef("%w as process %d of this user", ErrNone, w.PID)
		}
		return nil, "", exit.Unavailablef("there is no process %d", w.PID)
	}
	env := os.Getenv(options.ControlEnv)
	asks := []record.Record{{Control: env}}
	dir, err := os.Getwd()
	switch {
	case err != nil && env != "":
		return asks, "", nil
	case err != nil:
		return nil, "", exit.Unavailable(err)
	}
	real, tree := regular.Real(dir), workTree(dir)
	near := slices.DeleteFunc(slices.Clone(everywhere), func(r record.Record) bool {
		theirs := workTree(r.Dir)
		return tree != "" && theirs != "" && theirs != tree
	})
	all, where = nearest(real, near), "in "
	if w.Name == "" && env != "" {
		own := regular.Real(regular.Absolute(env, dir))
		if len(all) == 0 || slices.ContainsFunc(all, func(r record.Record) bool {
			return regular.Real(r.Control) == own
		}) {
			return asks, "", nil
		}
	}
	if len(all) > 0 {
		where += all[0].Dir
	} else {
		all, where = below(real, near), "below "+dir
	}
	if len(all) == 0 {
		elsewhere := "with --pid"
		if byTool() {
			elsewhere = "by folder"
		}
		return nil, "",
			exit.Unavailablef(
				"%w in %s, above it or below it; start one there, or name one that runs elsewhere %s%s", ErrNone,
				dir, elsewhere, inWorktrees(dir, everywhere))
	}
	meant := slices.DeleteFunc(slices.Clone(all), func(r record.Record) bool {
		return w.Name != "" && r.Name != w.Name
	})
	if len(meant) == 0 {
		return nil, "", exit.Unavailablef("%w with the name %.80q %s: write %s", ErrNone, w.Name, where, w.choices(all))
	}
	return meant, where, nil
}

// byTool reports whether a tool of an agent runs this command, which cannot write --pid.
func byTool() bool { return os.Getenv(options.ToolEnv) != "" }

// choices returns what to write for each of the hotswaps, with its command.
func (w Which) choices(all []record.Record) string {
	var which []string
	named := map[string]int{}
	dir, _ := os.Getwd()
	for _, r := range all {
		named[r.Name]++
	}
	for _, r := range all {
		by, is := fmt.Sprintf("hotswap %s --pid %d", w.Command, r.PID), strings.Join(r.Command, " ")
		if sub, err := filepath.Rel(regular.Real(dir), regular.Real(r.Dir)); err == nil && sub != "." &&
			filepath.IsLocal(sub) {
			is = sub + ": " + is
		}
		unique := r.Name != "" && named[r.Name] == 1
		switch {
		case unique && byTool():
			by = "the name " + r.Name
		case unique:
			by = "hotswap " + w.Command + " " + r.Name
		case byTool():
			by = "the folder " + r.Dir
		}
		which = append(which, by+" ("+plain.Short(is, longestList)+")")
	}
	slices.Sort(which)
	return strings.Join(which, " or ")
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
