package standby

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

// Rehearsal is a program that loads packages to show what they do meanwhile. It never runs the
// program's own code, and is thrown away.
type Rehearsal struct {
	waiting
	tried []Package
	seen  observed // the goroutine of Ready, and then that of Learn, uses it
}

// Rehearse makes the folder of a rehearsal, and adds to the launch what leads there.
func (k *Knowledge) Rehearse(l *handoff.Launch, in *scratch.Folder, spec Spec) (*Rehearsal, error) {
	w, err := k.wait(l, in, spec)
	if err != nil {
		return nil, err
	}
	tried := slices.DeleteFunc(slices.Clone(spec.Packages), func(p Package) bool { return spec.Choice.Left[p.Name] != "" })
	seen := newObserved()
	seen.left = spec.Choice.Left
	return &Rehearsal{waiting: w, tried: tried, seen: seen}, nil
}

// Ready returns when the packages have been loaded, or says why they never will.
func (r *Rehearsal) Ready(ctx context.Context) error {
	err := r.listen(ctx, r.seen.add)
	if err == nil && r.seen.facts > maxFacts {
		err = fmt.Errorf("its packages show more than %d facts", maxFacts)
	}
	return err
}

// Learn notes what the rehearsal has shown, when nothing of it runs any more. failed says why the
// rehearsal has not come to its end; nil: it has. Learn reports whether another rehearsal would
// show more. If the time was over before a package was being loaded, that shows nothing of any: the
// machine is busy, and the next generation rehearses again.
func (r *Rehearsal) Learn(failed error) (again bool) {
	var timeout interface{ Timeout() bool }
	if errors.As(failed, &timeout) && timeout.Timeout() && r.seen.loading == "" {
		return false
	}
	if failed != nil && len(r.seen.did) == 0 {
		return r.known.failed(r.tried, r.seen.loading, failed.Error())
	}
	return r.known.absorb(r.tried, r.spec.Env, r.seen)
}
