package doctor

import (
	"context"
	"os"
)

// probe tries one mechanism for real.
type probe struct {
	id, name string
	try      func(*bench) Finding
}

// bench is what the probes of one doctor have in common. One goroutine uses it.
type bench struct {
	ctx  context.Context
	in   *os.File   // standard input
	held *testChild // a child whose bind waits; nil before the first probe that wants it

	found map[string]verdict // by the probes so far
}

// Diagnose makes all probes, in says what standard input is.
func Diagnose(ctx context.Context, in *os.File) Diagnosis {
	return conclude(examine(&bench{ctx: ctx, in: in}, Probes()))
}

// examine makes the probes in their order, until the bench's context ends.
func examine(b *bench, all []probe) []Finding {
	defer b.release()
	b.found = map[string]verdict{}
	var out []Finding
	for _, p := range all {
		if b.ctx.Err() != nil {
			break
		}
		f := p.try(b)
		f.ID, f.Name = p.id, p.name
		b.found[p.id] = f.Verdict
		out = append(out, f)
	}
	return out
}
