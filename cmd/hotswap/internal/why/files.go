package why

import (
	"context"
	"os"
	"path/filepath"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// Files answers questions about files. Any goroutine may call its methods.
type Files struct {
	Changes *changes.Changes // nil: no files are watched
}

// Why says what a change of the file at path does, which is absolute.
func (f Files) Why(ctx context.Context, path string) (control.Why, error) {
	if f.Changes == nil {
		return control.Why{File: path, Reason: control.ReasonNoWatch}, nil
	}
	path = filepath.Clean(path)
	w, reached, err := f.why(ctx, path)
	if err != nil || reached {
		return w, err
	}
	for _, name := range f.real(path) {
		if name == path {
			continue
		}
		real, reached, err := f.why(ctx, name)
		if err != nil || reached {
			real.ReachedBy = path
			return real, err
		}
	}
	return w, nil
}

// real returns the names that the watcher may have for the file at path, which has symbolic links:
// below the folder in which hotswap runs, and without any.
func (f Files) real(path string) []string {
	real := filepath.Join(physical(filepath.Dir(path)), filepath.Base(path))
	root := f.Changes.Root()
	rel, err := filepath.Rel(physical(root), real)
	if err != nil {
		return []string{real}
	}
	return []string{filepath.Join(root, rel), real}
}

// physical returns the path without symbolic links, also of what does not exist.
func physical(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	if dir := filepath.Dir(path); dir != path {
		return filepath.Join(physical(dir), filepath.Base(path))
	}
	return path
}

// why answers for one name of a file. It reports whether the folder of the file is watched.
func (f Files) why(ctx context.Context, path string) (w control.Why, reached bool, err error) {
	asked, folder := path, false
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		folder, asked = true, filepath.Join(path, "*") // a file in it that no line names by its own name
	}
	e, cfg, err := f.Changes.Explain(ctx, path)
	if folder && err == nil && e.Reason != rules.Package {
		e, cfg, err = f.Changes.Explain(ctx, asked)
	} else {
		folder = false
	}
	if err != nil {
		return w, false, err
	}
	w = decide(path, e, cfg, cfg.Steps.Rules())
	w.IsFolder = folder
	w.Kept = w.Counts && f.Changes.Paused() != nil
	return w, e.Reached, nil
}
