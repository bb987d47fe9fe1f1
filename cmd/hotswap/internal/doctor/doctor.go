package doctor

import (
	"context"
	"os"
)

// probe tries one mechanism for real.
type probe struct {
	id, name string
	try      func(*session) Finding
}

// session is what the probes share. One goroutine uses it.
type session struct {
	ctx   context.Context
	in    *os.File           // standard input
	held  *testChild         // a child whose bind waits; nil before the first probe that needs it
	found map[string]Verdict // by the probes so far
}

// Diagnose makes all probes. in is standard input.
func Diagnose(ctx context.Context, in *os.File) Diagnosis {
	return conclude(examine(&session{ctx: ctx, in: in}, probes()))
}

// examine makes the probes in their order until the session's context ends.
func examine(s *session, all []probe) []Finding {
	defer s.release()
	s.found = map[string]Verdict{}
	var out []Finding
	for _, p := range all {
		if s.ctx.Err() != nil {
			break
		}
		f := p.try(s)
		f.ID, f.Name = p.id, p.name
		s.found[p.id] = f.Verdict
		out = append(out, f)
	}
	return out
}
