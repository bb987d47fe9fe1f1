package engine

import (
	"context"
	"os"
	"path/filepath"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exclusive"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// findExclusive looks for something that a generation has open and only one process may have
// (--strategy auto), until ctx ends. When it is found, findExclusive reports it, and from then on
// the old generation ends before the next begins.
func (e *Engine) findExclusive(ctx context.Context, refused exclusive.Refusals, report func(path, slot string, database bool)) {
	if e.Mechanism.Strategy != supervisor.Auto {
		return
	}
	dir, err := os.Getwd()
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return // which files belong to the project is unknown
	}
	h, ok := exclusive.Find(ctx, dir, e.Supervisor, refused, e.Mechanism.Held != nil || e.Mechanism.Proxy != nil)
	if !ok {
		return
	}
	e.exclusive.Store(true)
	if in, err := filepath.Rel(dir, h.Path); err == nil && filepath.IsLocal(in) {
		h.Path = "./" + in
	}
	report(h.Path, h.Slot, h.Database)
	e.Supervisor.StopFirst(supervisor.GenID(h.Refused))
}
