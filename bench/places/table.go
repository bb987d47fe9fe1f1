//go:build unix

package places

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/bench/fresh"
	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/load"
)

// table has a row for each stack, and the conditions.
func (r *result) table() string {
	text := "| program | port in its code | worktrees | start, ms | second `-d`, ms | save to new answer, ms | requests | failed | of others | asleep, MB | wake, ms |\n" +
		"|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
	for _, s := range e2etest.Stacks {
		var of []*place
		requests, failed, strangers := uint64(0), uint64(0), int64(0)
		for _, p := range r.all {
			if p.Name == s.Name {
				of = append(of, p)
				requests += p.got.Requests
				failed += p.got.Failed() + p.got.Counts[load.Abandoned]
				strangers += p.Strangers.Load()
			}
		}
		if of == nil {
			continue
		}
		middle := func(of []*place, what func(*place) float64) float64 {
			var all []float64
			for _, p := range of {
				all = append(all, what(p))
			}
			return fresh.Percentile(slices.Sorted(slices.Values(all)), 50)
		}
		text += fmt.Sprintf("| `%s` | %d | %d | %s | %s | %s | %s | %d | %d | %.1f | %s |\n",
			strings.Join(s.Command, " "), s.Port, len(of),
			fresh.Number(middle(of, func(p *place) float64 { return p.started })),
			fresh.Number(middle(of, func(p *place) float64 { return p.again })),
			fresh.Number(middle(of, func(p *place) float64 { return p.fresh })),
			fresh.Number(float64(requests)), failed, strangers,
			middle(of, func(p *place) float64 { return p.asleep }),
			fresh.Number(middle(of, func(p *place) float64 { return p.woken })))
	}
	return text + fmt.Sprintf("\n%s; load averages before: %s, after: %s. All asleep take %.3f of a processor. "+
		"A start of `node` until it serves takes %.0f ms with `--port auto`, %.0f ms with `--port`.\n",
		fresh.Machine(), r.before, fresh.LoadAverage(), r.processor, r.cost[0], r.cost[1])
}
