package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// session is one run of hotswap's main job, with everything that takes part in it.
type session struct {
	options    options
	activation activation
	tty        *terminal
	consoles   *consoles
	say        lines
	upgrade    *renewal
	changes    *changes.Changes // nil: nothing is watched
	instance   *presence
	manager    *manager
	claims     *claims
	permission *permission
	engine     *machinery
}

// runAction is hotswap's main job: it supervises one command until told to stop.
func runAction(c *cli.Context, std streams, command []string, code *int) error {
	s := &session{}
	var err error
	if s.options, err = readOptions(c); err != nil {
		return err
	}
	closeInherited() // before anything is started
	if s.activation, err = newActivation(); err != nil {
		return err
	}
	if s.tty, err = openTerminal(std.in); err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	defer s.tty.restore()
	s.tty.raw = s.options.stdin
	surviveBrokenPipes()
	s.consoles = newConsole(s.options, s.tty)
	out := newOutbox(s.consoles, leftOut(s.options.json))
	defer out.close()
	s.say = newLines(out, s.options, s.tty.commands, holder)
	s.upgrade, err = newRenewal(upgradeConfig{Say: s.say, Terminal: s.tty, Why: why, ReadyTimeout: s.options.readyTimeout})
	if err != nil {
		return err
	}
	parent := s.upgrade.estate // of a child; else it is empty
	if s.upgrade.younger {
		s.activation = parent.activation
	}
	s.upgrade.activation = s.activation
	s.tty.inherit(parent.terminal)

	if s.changes, err = newChanges(s.options, command, parent.built, s.say); err != nil {
		return err
	}
	if !s.upgrade.younger {
		endLeftovers(s.say)
	}
	s.instance, err = newPresence(instanceConfig{
		Command: command, Control: s.options.control, Run: parent.run, Inherited: parent.control, Child: s.upgrade.younger,
	}, s.say)
	if err != nil {
		return err
	}
	defer func() { s.instance.close(s.upgrade.successor() != 0) }()
	s.upgrade.found(s.instance.run, s.instance.path, s.instance.pause, s.instance.appear)
	s.manager = newManager(!s.upgrade.younger)
	defer s.manager.close()
	s.claims = &claims{activation: s.activation, say: s.say, began: s.upgrade.younger}
	s.permission = &permission{say: s.say}
	s.engine, err = assemble(s.options, s.activation, chooseWay, supervisor.Config{
		Command: command,
		Env:     s.instance.environ(os.Environ()),
		Console: s.consoles, Terminal: s.tty.borrowed,
		Notify: s.notice,
		Beat:   watchdog(s.manager, s.upgrade.successor),
		Elder:  supervisor.Elder{Last: parent.last, Serves: parent.serves},
	}, parent.gates...)
	if err != nil {
		return err
	}
	defer s.engine.close()
	s.introduce()
	*code = s.run()
	return nil
}

// notice passes on what the supervisor tells. It runs in the supervisor's loop.
func (s *session) notice(n supervisor.Notice) {
	if s.changes != nil {
		s.changes.Notice(n)
	}
	if !s.upgrade.Note(n) {
		return
	}
	n, denied := s.permission.Revise(n)
	switch n.(type) {
	case supervisor.NoticeServing, supervisor.NoticeRunning, supervisor.NoticeDrained:
		s.tty.mend() // whatever the program did to the terminal
	}
	s.say.Notice(n)
	s.claims.Note(n)
	s.permission.Again(denied)
	s.manager.Note(n)
	s.upgrade.Told(n)
}

// introduce makes the parts known to each other that were made before the engine, and
// tells what the engine can do here.
func (s *session) introduce() {
	e := s.engine
	e.keep(s.options.websocket, s.say.WebSockets)
	if e.way.why != nil {
		s.say.Degraded(len(e.way.transports) == 0, errors.Is(e.way.why, errChosen), e.way.why)
	}
	if e.way.noAdapter != nil {
		s.say.NoAdapter(e.way.noAdapter)
	}
	if e.way.adapters != nil {
		e.way.adapters.OnWithout(once(s.say.NoAdapter))
	}
	s.permission.adapters, s.permission.swap = e.way.adapters, swapper(context.Background(), e.supervisor)
	if s.options.canary.percent > 0 && e.way.strategy == supervisor.StopFirst {
		s.say.NoCanary()
	}
	if !s.upgrade.younger {
		s.say.Declared(s.options.listen)
		s.say.Activated(s.activation.endpoints(), s.activation.shared(), e.single)
	}
}

// run runs the supervisor with the producers of its events, until it ends; then they
// end too.
func (s *session) run() (code int) {
	sup := s.engine.supervisor
	ctx, cancel := context.WithCancel(context.Background())
	var producers sync.WaitGroup
	defer producers.Wait()
	defer cancel()
	s.upgrade.giveUp = func() { _, _ = sup.StopNow(ctx, exitUnavailable) }
	wish := newWishes(sup, s.upgrade, s.tty, s.say)
	wish.hear()
	producers.Go(func() { wish.run(ctx) })
	resized := hearResizes()
	producers.Go(func() { forwardResizes(ctx, resized, sup, s.consoles) })
	producers.Go(func() {
		s.upgrade.run(ctx, upgradeTarget{Registry: s.engine.registry, Supervisor: sup, Refusal: s.engine.upgradable()})
	})
	producers.Go(func() { proc.ReapOrphans(ctx) })
	producers.Go(func() { s.engine.registry.Watch(ctx, sup.Released) })
	producers.Go(func() { forwardSignals(ctx, sup, s.say) })
	producers.Go(func() { s.instance.keep(ctx, sup) })
	s.instance.serve(remote{sup, s.upgrade, wish, Reason})
	if s.tty.is {
		producers.Go(func() { readKeys(ctx, wish, s.consoles, s.upgrade.younger) })
	}
	if s.changes != nil {
		producers.Go(func() {
			s.changes.Run(ctx, changes.Engine{Supervisor: sup, Adapters: s.engine.way.adapters, Writes: s.engine.way.writes, Free: s.upgrade.free})
		})
	}
	return sup.Run(context.Background())
}
