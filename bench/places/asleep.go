//go:build unix

package places

import (
	"context"
	"errors"
	"time"

	"github.com/hotswap-dev/hotswap/bench/fresh"
)

// asleep starts all places anew, measures them asleep, and wakes one after the other. It returns which part of a
// processor all have used.
func asleep(ctx context.Context, all []*place, version int) (processor float64, err error) {
	var pids []int
	for _, p := range all {
		if _, err := p.does("stop"); err != nil {
			return 0, err
		}
		if _, err := p.start("--idle", "1s"); err != nil {
			return 0, err
		}
	}
	for _, p := range all {
		s, err := p.until(ctx, func(s status) bool { return s.State == "asleep" && len(s.Generations) == 0 })
		if err != nil {
			return 0, err
		}
		pids = append(pids, s.PID)
	}
	used := func() (sum float64) {
		for _, pid := range pids {
			sum += fresh.Ticks(pid)
		}
		return sum
	}
	const d = 10 * time.Second
	begun := used()
	if err := fresh.Sleep(ctx, d); err != nil {
		return 0, err
	}
	processor = (used() - begun) / 100 / d.Seconds() // ticks of 10 ms on every Linux
	for i, p := range all {
		p.asleep = fresh.Megabytes(pids[i])
	}
	for _, p := range all {
		begun := time.Now()
		_, asked := get(ctx, p.url+"/ping")
		p.woken = fresh.Ms(time.Since(begun))
		if err := errors.Join(asked, p.answers(ctx, version)); err != nil {
			return 0, err
		}
	}
	return processor, nil
}
