package load

import "time"

// Config describes a run. Every field but Targets may be zero.
type Config struct {
	Targets []string // "127.0.0.1:4000", "[::1]:4000"; workers take turns. Required.
	Kinds   []Kind   // default: one worker that sends GET /ping
	Checks  Checks   // what a right answer is; default: any status 200

	// for one request, also the last ones after the run, in addition to Kind.Slow; default 10 s
	Timeout time.Duration
	// longest time from a request's write to the end of its connection that is a race; default 15 ms
	RaceWithin time.Duration
	Examples   int // failures of each class to keep with their details; default 10
}

// withDefaults returns a copy in which every field is set.
func (c Config) withDefaults() Config {
	if c.Kinds == nil {
		c.Kinds = []Kind{{}}
	}
	if c.Timeout <= 0 {
		c.Timeout = 10 * time.Second
	}
	if c.RaceWithin <= 0 {
		c.RaceWithin = 15 * time.Millisecond
	}
	if c.Examples <= 0 {
		c.Examples = 10
	}
	kinds := make([]Kind, len(c.Kinds))
	for i, k := range c.Kinds {
		kinds[i] = k.withDefaults()
	}
	c.Kinds = kinds
	return c
}
