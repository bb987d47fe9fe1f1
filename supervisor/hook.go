package supervisor

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// hookTitle is what the keepers of [Config.Hooks] are started with.
const hookTitle = "hook"

const (
	// maxHooks bounds the commands that wait for the one that runs.
	maxHooks = 64
	// hookGrace is how long the end of hotswap waits for commands.
	hookGrace = 3 * time.Second
)

// hooks runs commands about events, one at a time and in order. Its goroutine is run.
type hooks struct {
	s     *Supervisor
	queue chan hooked     // closed when no event comes any more
	done  chan struct{}   // closed when the goroutine has ended
	ctx   context.Context // until commands are to end
	end   context.CancelFunc

	full, closed bool // the loop's: the last command found no room; the queue is closed
}

// hooked is one run of a hook.
type hooked struct {
	report.Hook
	event string
	env   []string
}

func newHooks(s *Supervisor) *hooks {
	h := &hooks{s: s, queue: make(chan hooked, maxHooks), done: make(chan struct{})}
	h.ctx, h.end = context.WithCancel(context.Background())
	return h
}

// Happened has the hooks run that are about the event. gen is 0 if the event is about no generation; why is empty, or why
// something failed. Happened does not block; only [Config.Notify] may call it.
func (s *Supervisor) Happened(event string, gen GenID, why string) {
	env := []string{"HOTSWAP_EVENT=" + event, "HOTSWAP_GENERATION=", "HOTSWAP_ERROR=" + why}
	if gen != 0 {
		env[1] += fmt.Sprint(gen)
	}
	for _, hook := range s.cfg.Hooks {
		if s.hooks.closed || !slices.Contains(hook.Events, event) {
			continue
		}
		select {
		case s.hooks.queue <- hooked{hook, event, env}:
			s.hooks.full = false
		default:
			if !s.hooks.full {
				s.notify(report.NoticeHook{Beside: hook.Beside, Event: event})
			}
			s.hooks.full = true
		}
	}
}

func (h *hooks) run() {
	defer close(h.done)
	for next := range h.queue {
		if h.ctx.Err() != nil {
			continue
		}
		command := run.Command{
			Runner: h.s.runner, Title: hookTitle, Grace: h.s.cfg.Policy.KillGrace(), Urgent: h.s.beside.urgent, Started: h.s.sync,
			Env: func() ([]string, error) {
				env, err := h.s.commandEnv()
				return append(env, next.env...), err
			},
		}
		if end := command.Run(h.ctx, report.Step{Name: next.Name, Command: next.Command}); end != nil && h.ctx.Err() == nil {
			h.s.notice(report.NoticeHook{Beside: next.Beside, Event: next.event, End: end})
		}
	}
}

// close has the goroutine end after what waits. The loop calls it.
func (h *hooks) close() {
	if !h.closed {
		h.closed = true
		close(h.queue)
	}
}

// finish lets the commands end that are about what has happened until now, and ends them when the grace is over or
// urgent is closed.
func (h *hooks) finish(urgent <-chan struct{}) {
	timer := time.NewTimer(hookGrace)
	defer timer.Stop()
	select {
	case <-h.done:
	case <-timer.C:
	case <-urgent:
	}
	h.end()
	<-h.done
}
