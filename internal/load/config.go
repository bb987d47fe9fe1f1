package load

import (
	"errors"
	"fmt"
	"net"
	"time"
)

// Config says whom to ask, how, and what a right answer is. The zero value of
// every field but Targets works.
type Config struct {
	Targets []string // "127.0.0.1:4000", "[::1]:4000"; workers take turns. Required.
	Kinds   []Kind   // who asks; default DefaultMix()
	Checks  Checks   // what a right answer is; default: any status 200
	Order   Order    // which of two versions is older; default ByInteger

	Timeout    time.Duration // for one request, on top of Kind.Slow; default 10 s
	Finish     time.Duration // for the last requests once the run is over; default Timeout and the slowest kind's Slow
	RaceWithin time.Duration // longest time from a request's write to the end of its connection that still is a race; default 15 ms
	Examples   int           // how many failures of each class to keep with all that is known of them; default 10
}

// ErrNoTarget is what Run returns when the Config names nobody to ask.
var ErrNoTarget = errors.New("no target to send requests to")

// withDefaults returns a copy in which every field is set.
func (c Config) withDefaults() (Config, error) {
	if len(c.Targets) == 0 {
		return c, ErrNoTarget
	}
	for _, t := range c.Targets {
		if _, _, err := net.SplitHostPort(t); err != nil {
			return c, fmt.Errorf("target %q: %w", t, err)
		}
	}
	if c.Kinds == nil {
		c.Kinds = DefaultMix()
	}
	if c.Order == nil {
		c.Order = ByInteger
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
	slowest := time.Duration(0)
	kinds := make([]Kind, len(c.Kinds))
	for i, k := range c.Kinds {
		kinds[i] = k.withDefaults()
		slowest = max(slowest, k.Slow)
	}
	c.Kinds = kinds
	if c.Finish <= 0 {
		c.Finish = c.Timeout + slowest
	}
	return c, nil
}
