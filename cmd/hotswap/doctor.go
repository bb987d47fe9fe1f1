package main

import (
	"context"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v2"
)

// probe tries one mechanism for real.
type probe struct {
	id, name string
	try      func(*bench) finding
}

// bench is what the probes of one doctor have in common. One goroutine uses it.
type bench struct {
	ctx  context.Context
	std  streams
	held *specimen // a child whose bind waits; nil before the first probe that wants it

	found map[string]verdict // by the probes so far
}

func doctorCommand(std streams, code *int) *cli.Command {
	return &cli.Command{
		Name: "doctor", Usage: "try each mechanism on this machine and say what is missing",
		Flags:        []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print the findings as JSON"}},
		OnUsageError: usageError,
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usagef("doctor takes no arguments: leave out %q", c.Args().First())
			}
			ctx, stop := signal.NotifyContext(c.Context, syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			d := conclude(examine(&bench{ctx: ctx, std: std}, probes()))
			if ctx.Err() != nil {
				*code, _ = interrupted(std, ctx.Err())
				return nil
			}
			*code = d.Code
			if c.Bool("json") {
				return d.writeJSON(std.out)
			}
			return d.writeText(std.out)
		},
	}
}

// examine makes the probes in their order, until the bench's context ends.
func examine(b *bench, all []probe) []finding {
	defer b.release()
	b.found = map[string]verdict{}
	var out []finding
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
