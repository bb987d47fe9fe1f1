package supervisor

import (
	"context"
	"fmt"
	"slices"

	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// maxHooks bounds the commands that wait for the one that runs.
const maxHooks = 64

// hooks runs commands about events, one at a time and in order. Only the loop uses it.
type hooks struct {
	ctx     context.Context
	end     context.CancelFunc // ends the command that runs; no other runs then
	runs    bool               // a command runs
	full    bool               // the last command found no room
	waiting []hooked
}

type hooked struct {
	report.Beside
	what report.Happening
}

// happened queues the hooks of an event, without blocking.
func (s *Supervisor) happened(what report.Happening) {
	h := &s.hooks
	for _, hook := range s.cfg.Hooks {
		if s.beside.ctx.Err() != nil || !slices.Contains(hook.Events, what.Event) {
			continue
		}
		// The command of a rule that waits already runs for all that has changed; see [report.Files].
		i := slices.IndexFunc(h.waiting, func(w hooked) bool { return hook.Name == what.Event && hook.Name == w.Name })
		if i >= 0 {
			h.waiting[i].what.Files = report.Files(h.waiting[i].what.Files, what.Files)
			continue
		}
		told := h.full
		h.full = len(h.waiting) == maxHooks
		if !h.full {
			h.waiting = append(h.waiting, hooked{hook.Beside, what})
		} else if !told {
			s.notify(report.NoticeHook{Beside: hook.Beside, Event: what.Event})
		}
	}
	s.nextHook()
}

// nextHook runs the command that has waited longest, unless one runs.
func (s *Supervisor) nextHook() {
	h := &s.hooks
	if h.runs || len(h.waiting) == 0 || h.ctx.Err() != nil {
		return
	}
	next := h.waiting[0]
	h.runs, h.waiting = true, h.waiting[1:]
	s.companions.Go(func() {
		end := s.runHook(next)
		s.call(func() { // so that the next one is a companion before this one has ended
			h.runs = false
			if end != nil && h.ctx.Err() == nil {
				s.notify(report.NoticeHook{Beside: next.Beside, Event: next.what.Event, End: end})
			}
			s.nextHook()
		})
	})
}

// runHook returns when nothing of the command is left.
func (s *Supervisor) runHook(h hooked) *report.BuildFailure {
	gen := ""
	if h.what.Gen != 0 {
		gen = fmt.Sprint(h.what.Gen)
	}
	command := run.Command{
		Runner: s.runner, Title: "hook", Grace: s.cfg.Policy.KillGrace(), Urgent: s.beside.urgent,
		Env: []string{"HOTSWAP_EVENT=" + h.what.Event, "HOTSWAP_GENERATION=" + gen, "HOTSWAP_ERROR=" + h.what.Why},
	}
	ctx, cancel := context.WithTimeout(s.hooks.ctx, wait.Command)
	defer cancel()
	return command.Run(ctx, report.Step{Name: h.Name, Command: h.Command,
		Files: report.Files(h.what.Files, []string{})})
}
