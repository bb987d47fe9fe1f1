package once

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// told is what the user was told.
type told struct {
	mu    sync.Mutex
	lines []string
}

func (r *told) add(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}

func (r *told) TaskWaits(command string) { r.add("waits %s", command) }
func (r *told) TaskNotRemembered(command string, err error) {
	r.add("not remembered: %s: %v", command, err)
}

func (r *told) want(t *testing.T, want ...string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	ok := len(r.lines) == len(want)
	for i := 0; ok && i < len(want); i++ {
		ok = strings.Contains(r.lines[i], want[i])
	}
	if !ok {
		t.Errorf("the user was told %q, want %q", r.lines, want)
	}
}

// newTask returns a task whose inputs match patterns below the project's folder.
func newTask(dir string, r Reporter, command string, patterns ...string) *Task {
	task := &Task{Dir: dir, Command: command, Report: r}
	var out []string
	for _, p := range patterns {
		if not, ok := strings.CutPrefix(p, "!"); ok {
			out = append(out, filepath.Join(dir, not))
		} else {
			task.Globs = append(task.Globs, filepath.Join(dir, p))
		}
	}
	task.Match = func(file string) bool {
		of := func(globs []string) bool {
			return slices.ContainsFunc(globs, func(g string) bool { return doublestar.MatchUnvalidated(g, file) })
		}
		return of(task.Globs) && !of(out)
	}
	return task
}

// site is a project's folder, with a state directory of its own for the test.
func site(t *testing.T, files ...string) string {
	t.Helper()
	t.Setenv("XDG_STATE_HOME", filepath.Join(t.TempDir(), "state"))
	dir := t.TempDir()
	for _, file := range files {
		put(t, dir, file, "1")
	}
	return dir
}

func put(t *testing.T, dir, file, text string) {
	t.Helper()
	testkit.Write(t, filepath.Join(dir, file), text)
}

// does begins a task, and ends it if it runs.
func does(t *testing.T, task *Task, want bool) {
	t.Helper()
	run, err := task.Begin(t.Context())
	if run != want || err != nil {
		t.Errorf("runs: %t, %v; want %t", run, err, want)
	}
	if run {
		task.End(true)
	}
	if task.Owed() {
		t.Error("the task is still owed")
	}
}

// another holds the project's lock as another hotswap does: flock(2) tells apart who has opened the
// file. end ends that.
func another(t *testing.T, dir string) (end func()) {
	t.Helper()
	task := newTask(dir, &told{}, "another", "**")
	if run, err := task.Begin(t.Context()); !run || err != nil {
		t.Fatal(run, err)
	}
	return func() { task.End(false) }
}
