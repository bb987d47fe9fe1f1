package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// keepWithin bounds how long a WebSocket that is to move may be in the midst of a
// message.
const keepWithin = 5 * time.Second

// within is that time with this --drain-timeout: who is told instead has two seconds
// to answer before the program is told to stop, or half of the time.
func within(drainTimeout time.Duration) time.Duration {
	if drainTimeout == 0 {
		return keepWithin
	}
	stop := max(drainTimeout-3*time.Second, 0)
	return min(keepWithin, max(stop-2*time.Second, stop/2, 100*time.Millisecond))
}

// parseWebSocket reads --websocket: MODE[:PATTERN].
func parseWebSocket(text string) (node.Rule, error) {
	mode, pattern, limited := strings.Cut(text, ":")
	name, number, counted := strings.Cut(mode, "=")
	r := node.Rule{Pattern: pattern}
	switch {
	case mode == "tell":
	case mode == "keep":
		r.Keep = true
	case name == "replay":
		r.Keep, r.Replay = true, 1
		if counted {
			n, err := strconv.Atoi(number)
			if err != nil || n < 1 || n > 1000 {
				return r, fmt.Errorf("%q: give a number of messages from 1 to 1000", number)
			}
			r.Replay = n
		}
	default:
		return r, fmt.Errorf("give tell, keep, replay or replay=N, and then :PATTERN if it is for some paths only")
	}
	if limited {
		if err := r.Check(); err != nil || pattern == "" {
			return r, fmt.Errorf("%q: give a pattern for the path of the URL, such as /feed or /api/** or /{a,b}", pattern)
		}
	}
	return r, nil
}

// keeps says whether some WebSockets are kept.
func (o options) keeps() bool {
	return slices.ContainsFunc(o.websocket, func(r node.Rule) bool { return r.Keep })
}

// parting is what the options say of WebSockets. After a renewal those of the
// generations before are told: their next process belongs to the younger hotswap. So
// are they where the next process starts when this one has ended.
func (o options) parting(r *reuseport.Registry, s supervisor.Strategy) parting {
	p := parting{spread: o.spread}
	if o.keeps() && s == supervisor.Overlap {
		within := within(o.drainTimeout)
		p.keep = func() time.Duration {
			if r.Surrendered() {
				return 0
			}
			return within
		}
	}
	return p
}

// keep lets WebSockets go to the generation that serves.
func (m *machinery) keep(rules []node.Rule, report func(node.Kept)) {
	if m.way.adapters == nil {
		return
	}
	m.way.adapters.Keep(node.Keeping{
		Rules: rules, Report: report,
		Heir: func() handoff.GenID {
			s := m.supervisor.Status()
			if s.State == supervisor.PhaseStopping || s.State == supervisor.PhaseStopped {
				return 0
			}
			return s.Generation
		},
		Knock: func(ctx context.Context, gen handoff.GenID, port uint16) error {
			for _, e := range m.registry.Endpoints(gen) {
				if e.Addr.Port() == port {
					return m.way.probe(ctx, gen, e)
				}
			}
			return errors.New("the generation does not listen there")
		},
	})
}

// kept tells what became of a generation's WebSockets that were to be kept.
func (l lines) kept(k node.Kept) {
	moved := ""
	if k.Moved > 0 {
		moved = count(k.Moved, "WebSocket") + " moved on"
	}
	told, texts := 0, []string(nil)
	for _, why := range slices.Sorted(maps.Keys(k.Told)) {
		told += k.Told[why]
		texts = append(texts, fmt.Sprintf("%d told to come back: %s", k.Told[why], why))
	}
	l.log.Info().Str("event", "websockets").Int("gen", int(k.Gen)).Int("moved", k.Moved).Int("told", told).
		Strs("reasons", slices.Sorted(maps.Keys(k.Told))).
		Msg(dots(append([]string{fmt.Sprintf("generation %d", k.Gen), moved}, texts...)...))
}
