package supervisor

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

const (
	// maxHooks bounds the commands that wait for the one that runs.
	maxHooks = 64
	// hookGrace is how long the end of hotswap waits for commands.
	hookGrace = 3 * time.Second
	// hookTime is how long a command may run, because the others wait for it.
	hookTime = time.Minute
)

// hooks runs commands about events, one at a time and in order.
type hooks struct {
	queue chan func()   // closed when no event comes any more
	done  chan struct{} // closed when all have run that were in the queue
	ctx   context.Context
	end   context.CancelFunc // ends commands

	full, closed bool // the loop's: the last command found no room; the queue is closed

	files map[string][]string // the loop's: by event that is a rule's, what has changed for the command that waits; see [report.Files]
}

func newHooks() *hooks {
	h := &hooks{queue: make(chan func(), maxHooks), done: make(chan struct{}), files: map[string][]string{}}
	h.ctx, h.end = context.WithCancel(context.Background())
	return h
}

func (h *hooks) run() {
	defer close(h.done)
	for command := range h.queue {
		if h.ctx.Err() == nil {
			command()
		}
	}
}

// happened queues the hooks of an event.
func (s *Supervisor) happened(what report.Happening) {
	env := []string{"HOTSWAP_EVENT=" + what.Event, "HOTSWAP_GENERATION=", "HOTSWAP_ERROR=" + what.Why}
	if what.Gen != 0 {
		env[1] += fmt.Sprint(what.Gen)
	}
	h := s.hooks
	for _, hook := range s.cfg.Hooks {
		if h.closed || !slices.Contains(hook.Events, what.Event) {
			continue
		}
		if hook.Name == what.Event {
			files, waits := h.files[hook.Name]
			if !waits {
				files = []string{}
			}
			h.files[hook.Name] = report.Files(files, what.Files)
			if waits {
				continue
			}
		}
		select {
		case h.queue <- func() { s.runHook(hook.Beside, what, env) }:
			h.full = false
		default:
			delete(h.files, hook.Name)
			if !h.full {
				s.notify(report.NoticeHook{Beside: hook.Beside, Event: what.Event})
			}
			h.full = true
		}
	}
}

func (s *Supervisor) runHook(b report.Beside, what report.Happening, more []string) {
	if b.Name == what.Event {
		s.call(func() { what.Files = s.hooks.files[b.Name]; delete(s.hooks.files, b.Name) })
	}
	command := run.Command{
		Runner: s.runner, Title: "hook", Grace: s.cfg.Policy.KillGrace(), Urgent: s.beside.urgent, Started: s.refresh,
		Env: func() ([]string, error) {
			env, err := s.commandEnv()
			return append(env, more...), err
		},
	}
	ctx, cancel := context.WithTimeout(s.hooks.ctx, hookTime)
	defer cancel()
	if end := command.Run(ctx, report.Step{Name: b.Name, Command: b.Command, Files: report.Files(what.Files, []string{})}); end != nil && s.hooks.ctx.Err() == nil {
		s.notice(report.NoticeHook{Beside: b, Event: what.Event, End: end})
	}
}

// finish waits for the commands, and ends them when the grace is over or urgent is closed.
func (h *hooks) finish(urgent <-chan struct{}) {
	select {
	case <-h.done:
	case <-time.After(hookGrace):
	case <-urgent:
	}
	h.end()
	<-h.done
}
