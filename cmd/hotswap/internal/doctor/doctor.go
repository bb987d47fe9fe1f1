// Package doctor tries each mechanism that hotswap uses on this machine, and says what is
// missing and what to do. A probe uses the mechanism itself, and never judges by a version.
package doctor

import "context"

// probe tries one mechanism for real.
type probe struct {
	id, name string
	try      func(*session) Finding
}

// session is what the probes share. One goroutine uses it.
type session struct {
	ctx   context.Context
	child *testChild         // whose bind waits; nil before the first probe that needs it
	found map[string]Verdict // by the probes so far
}

// Diagnose makes the probes in their order, in which each may rely on those before it, until ctx
// ends.
func Diagnose(ctx context.Context) Diagnosis {
	s := &session{ctx: ctx, found: map[string]Verdict{}}
	defer s.release()
	var all []Finding
	for _, p := range probes {
		if ctx.Err() != nil {
			break
		}
		f := p.try(s)
		f.ID, f.Name = p.id, p.name
		s.found[p.id] = f.Verdict
		all = append(all, f)
	}
	return conclude(all)
}
