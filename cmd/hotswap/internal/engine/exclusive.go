package engine

import (
	"context"
	"os"
	"path/filepath"
	"sync"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exclusive"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// findExclusive looks for something that a generation has open and only one process may have
// (--strategy auto), until ctx ends. When it is found, findExclusive reports it, and from then on
// the old generation ends before the next begins.
func (e *Engine) findExclusive(ctx context.Context, refused exclusive.Refusals, report func(exclusive.Resource)) {
	if e.Strategy != supervisor.Auto {
		return
	}
	dir, err := os.Getwd()
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return // which files belong to the project is unknown
	}
	ctx, end := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer end()
	found := make(chan exclusive.Resource, 2)
	all.Go(func() { found <- exclusive.Find(ctx, dir, e.Supervisor, refused, e.Mechanism.ownGates() != nil) })
	if e.Writes != nil {
		all.Go(func() { found <- exclusive.FindData(ctx, e.Supervisor, e.Writes) })
	}
	h := <-found                     // a boot may be about to serve: nothing waits for the end of the other look
	if h.Kind == exclusive.Nothing { // ctx has ended
		return
	}
	e.exclusive.Store(true)
	if in, err := filepath.Rel(dir, h.Name); err == nil && filepath.IsLocal(in) {
		h.Name = "./" + in
	}
	report(h)
	e.Supervisor.StopFirst(supervisor.GenID(h.Refused))
}
