package why

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"github.com/hotswap-dev/hotswap/supervisor/control"
)

// Answerer answers questions about files: a running hotswap, or [Files].
type Answerer interface {
	Why(ctx context.Context, path string) (control.Why, error)
	Watch(ctx context.Context, from int) (control.Watch, error)
}

// Question is what a person wants to know.
type Question struct {
	Path string // "": what is watched
	JSON bool
	Dir  string // the current folder, an absolute path
	Note string // a line before the answer; "": none

	Out, Err io.Writer
}

// Ask writes what a says.
func (q Question) Ask(ctx context.Context, a Answerer) error {
	if q.Note != "" && !q.JSON {
		fmt.Fprintln(q.Err, q.Note)
	}
	if q.Path == "" {
		return q.watch(ctx, a)
	}
	path := q.Path
	if !filepath.IsAbs(path) {
		path = filepath.Join(q.Dir, path)
	}
	w, err := a.Why(ctx, path)
	switch {
	case err != nil:
		return err
	case q.JSON:
		return q.write(w)
	}
	_, err = fmt.Fprintln(q.Out, Text(w, q.Dir))
	return err
}

// watch writes the summary to Err, and the files to Out, where other programs read them.
func (q Question) watch(ctx context.Context, a Answerer) error {
	var all control.Watch
	for from := 0; ; {
		w, err := a.Watch(ctx, from)
		if err != nil {
			return err
		}
		switch {
		case from == 0:
			if all = w; !q.JSON {
				fmt.Fprintln(q.Err, Summary(w, q.Dir))
			}
		case q.JSON:
			all.Files = append(all.Files, w.Files...)
		}
		if !q.JSON {
			var b bytes.Buffer
			for _, file := range w.Files {
				fmt.Fprintln(&b, name(w.Root, q.Dir, file))
			}
			if _, err := b.WriteTo(q.Out); err != nil {
				return err
			}
		}
		if from = w.From + len(w.Files); len(w.Files) == 0 || from >= w.Count {
			break
		}
	}
	if q.JSON {
		return q.write(all)
	}
	return nil
}

func (q Question) write(v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := b.WriteTo(q.Out)
	return err
}
