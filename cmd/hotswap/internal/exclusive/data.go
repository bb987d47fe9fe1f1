package exclusive

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// maxData bounds the files that are remembered.
const maxData = 1000

// data has, by path, what generations do with a file of the project.
type data map[string]*datum

// datum is a file. The program keeps its data there, in its memory meanwhile, if
//
//   - it reads the file before it serves, and rewrites the whole file while it serves (lowdb, JSON.stringify); or
//   - it appends to the file, and puts another in its place (NeDB, when it loads the file).
//
// No log, database with locks of its own, upload, or file that is written only at a start is so used.
type datum struct {
	first handoff.GenID // that rewrote the file while it served

	read, rewritten, appended, replaced bool // read: before a generation served; rewritten: while one served
}

// note notes what a generation does, and whether it serves. It returns the file if the program keeps its data there.
func (d data) note(a handoff.Access, serves bool) (h Resource) {
	f := d[a.Path]
	if f == nil {
		if len(d) == maxData {
			return h
		}
		f = &datum{}
		d[a.Path] = f
	}
	f.appended = f.appended || a.Kind == handoff.Appends
	f.replaced = f.replaced || a.Kind == handoff.Replaces
	switch {
	case a.Kind == handoff.Reads:
		f.read = f.read || !serves
	case serves && a.Kind != handoff.Appends && !f.rewritten:
		f.rewritten, f.first = true, a.Gen
	}
	if f.rewritten && f.read || f.appended && f.replaced {
		h = Resource{Kind: Data, Name: a.Path}
		if !serves {
			h.Refused, h.Late = int(a.Gen), f.first > 0 && a.Gen > f.first+1
		}
	}
	return h
}

// unread returns the names of the files that are rewritten, and of which it is unknown whether they are read.
func (d data) unread() map[string]bool {
	names := map[string]bool{}
	for path, f := range d {
		if f.rewritten && !f.read {
			names[filepath.Base(path)] = true
		}
	}
	return names
}

// FindData finds a file in which the program keeps its data, or ctx ends: of two generations that both have it in their
// memory, the second to write loses what the first has written. The kernel reports each read only of generations that
// start after another has rewritten a file, because a boot reads much.
func FindData(ctx context.Context, s interface {
	Status() report.Status
	Current() report.Status
}, w handoff.Writes) Resource {
	all := w.Accesses()
	defer w.Read(nil)
	d := data{}
	for {
		select {
		case <-ctx.Done():
			return Resource{}
		case a := <-all:
			if h := d.note(a, served(s.Status(), a) || served(s.Current(), a)); h.Kind != Nothing {
				return h
			}
			w.Read(d.unread())
		}
	}
}

// served reports whether the generation served when it did that.
func served(st report.Status, a handoff.Access) bool {
	return slices.ContainsFunc(st.Lives, func(l report.Life) bool {
		return l.Gen == a.Gen && !l.Served.IsZero() && !a.At.Before(l.Served)
	})
}
