package why

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes"
	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/watch"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// Files answers questions about files. Any goroutine may call its methods.
type Files struct {
	*changes.Changes // nil: no files are watched
}

const off = "no files are watched (--no-watch)"

// Why says what a change of the file at path does, which is absolute.
func (f Files) Why(ctx context.Context, path string) (control.Why, error) {
	if f.Changes == nil {
		return control.Why{File: path, Says: []string{"a change does nothing: " + off}}, nil
	}
	path = filepath.Clean(path)
	w, reached, err := f.why(ctx, path)
	if err != nil || reached {
		return w, err
	}
	// The path may lead to a watched file through symbolic links.
	root, dir := regular.Real(f.Root), regular.Real(filepath.Dir(path))
	if rel, err := filepath.Rel(root, filepath.Join(dir, filepath.Base(path))); err == nil {
		if real, reached, err := f.why(ctx, filepath.Join(f.Root, rel)); err == nil && reached {
			return real, nil
		}
	}
	return w, nil
}

// why answers for one name of a file, and reports whether the folder of the file is watched.
func (f Files) why(ctx context.Context, path string) (w control.Why, reached bool, err error) {
	e, err := f.Explain(ctx, path)
	if err != nil {
		return w, false, err
	}
	cfg := f.Config
	w = answer{e, path, cfg, cfg.Steps.Rules}.why()
	if regular.Folder(path) && e.Reason != rules.Package {
		w = control.Why{File: path, Says: []string{"a folder; ask for a file in it"}}
	} else if e.Counts() && e.Paused {
		w.Says = append(w.Says, "swaps are paused: a change is kept until hotswap resume")
	}
	return w, e.Reached, nil
}

// Print writes an answer of [Files.Why], or of a hotswap that runs, for people in the folder dir.
func Print(out io.Writer, dir, path string, w control.Why) error {
	var says []string
	for _, line := range w.Says {
		says = append(says, plain.Short(line, 2000))
	}
	_, err := fmt.Fprintf(out, "%s: %s\n", plain.Short(watch.Relative(dir, path), 300), strings.Join(says, "\n"))
	return err
}
