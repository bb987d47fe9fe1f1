package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/admin"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/commands"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/engine"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/events"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exclusive"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/instance"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/lastrun"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/livereload"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/once"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/port"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/project"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/terminal"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/ui"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/upgrade"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/why"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/golang"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/internal/web"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// session is one supervised program, with everything that takes part.
type session struct {
	options    options.Options
	file       *project.File // the zero value: there is none
	activation systemd.Activation
	tty        *terminal.Terminal
	console    *terminal.Console
	log        *control.Log
	refused    exclusive.Refusals
	printer    *ui.Printer
	upgrade    *upgrade.Upgrade
	changes    *changes.Changes // nil with --no-watch
	livereload *livereload.Server
	own        web.Addresses      // what hotswap itself serves by HTTP
	metrics    *admin.Metrics     // nil without --admin
	page       string             // the URL of the live page; "": there is none
	commands   *commands.Commands // from run on
	instance   *instance.Instance
	port       int           // that the program is told; 0: none
	numbers    *port.Numbers // of ports in the program's code
	wasNumbers port.Given    // by the parent of a child
	claims     *port.Claims  // nil: none are possible
	dir        string        // in which hotswap and the program run
	notifier   *systemd.Notifier
	events     *events.Stream
	was        instance.Frozen // by the parent of a child
	past       supervisor.Past // of a child
	engine     *engine.Engine
	compiler   func() *golang.Adapter                 // returns nil: nothing is compiled
	built      atomic.Pointer[golang.Adapter]         // that of the newest command
	served     bool                                   // a generation has; owned by the supervisor's loop
	asks       string                                 // what to say of secrets at the next cold save; "": nothing
	goAdapter  atomic.Pointer[report.GoAdapterStatus] // nil: nothing is told of Go
}

// supervise runs command until hotswap is told to stop, and ends with the code of that.
func supervise(o options.Options, file *project.File, std streams, command []string) error {
	s := &session{options: o, file: file, log: control.NewLog(), refused: exclusive.NewRefusals(), events: events.New(),
		numbers: &port.Numbers{}}
	defer proc.EndIdle()
	closeOutput, err := s.openOutput(std)
	if err != nil {
		return err
	}
	defer closeOutput()
	s.upgrade, err = upgrade.New(s.options.ReadyTimeout)
	if err != nil {
		return err
	}
	child := s.upgrade.IsChild
	s.engine = engine.New(s.printer.NoSocket)
	if err := s.upgrade.Inherit(s.parts()); err != nil {
		return fmt.Errorf("inherit: %w", err)
	}
	s.dir, err = here() // a folder that was removed is told before what is missing in it
	if err != nil {
		return err
	}
	steps, err := s.newSteps()
	if err != nil {
		return err
	}
	s.changes, err = s.newChanges(command, steps, s.upgrade.Since)
	if err != nil {
		return err
	}
	if s.changes != nil && s.changes.Server != nil {
		s.options.NoWarm = true // a save needs no process
	}
	if !child {
		instance.EndLeftovers(s.printer)
	}
	s.instance, err = instance.New(instance.Config{
		Command: command, Name: s.options.Name, Port: s.options.Port, Was: s.was, Child: child,
	}, s.printer)
	if err != nil {
		return err
	}
	defer func() {
		s.log.End()
		s.instance.Close()
	}()
	if err := s.choosePort(!child); err != nil {
		return err
	}
	s.livereload = livereload.New(child, s.printer.LiveReloaded)
	if err := s.openOwn(); err != nil {
		return err
	}
	s.notifier = systemd.NewNotifier(child)
	defer s.notifier.Close()
	env := s.environ()
	defer s.openCompiler(env, command)()
	files := project.Environ(s.dir, s.options.EnvFile, env) // env counts more than the files
	tasks, _ := once.Home()                                 // without a home nothing is remembered
	last := lastrun.Of(tasks, s.dir, command)
	defer s.engine.Close()
	defer s.numbers.Close()
	trace, err := events.OpenTrace()
	if err != nil {
		return err
	}
	err = s.engine.Open(engine.Config{
		Options: s.options, Activation: s.activation, Last: last.Kind(), Ports: s.lead(),
		NoAdapter: s.printer.NoAdapter, AdapterLimited: s.printer.AdapterLimited, WebSockets: s.printer.WebSockets,
		Supervisor: supervisor.Config{
			Command: command, Name: s.options.Name, Env: env, Environ: files, Compilers: s.compile,
			Beside: s.file.Beside, Hooks: s.file.Hooks, Console: s.console,
			Steps: steps.Starting(), Task: steps.Task,
			Notify: s.notice, Publish: s.publish, Count: s.count, Reason: ui.Reason, Why: ui.Why,
			Alive: s.notifier.Alive, Past: s.past, Trace: trace,
		},
	})
	if err != nil {
		return err
	}
	s.introduce(command)
	if s.engine.Mechanism.NeedsAdapter() {
		s.compiler().Await() // or generations would take turns for the sake of one without the adapter
	}
	code := s.run()
	// an error makes the next run like the first
	last.Note(s.engine.Supervisor.Status().Lives, s.options.ReadyTimeout)
	return exit.Ended(code)
}

// openOutput opens the terminal, the program's streams, and what prints hotswap's lines. closeOutput waits until all is
// written.
func (s *session) openOutput(std streams) (closeOutput func(), err error) {
	to, err := events.Open(s.options.Events)
	if err != nil {
		return nil, err
	}
	systemd.CloseInherited() // before anything is started
	go proc.Prepare()        // a program starts sooner
	s.activation, err = systemd.OpenActivation()
	if err != nil {
		return nil, err
	}
	s.tty, err = terminal.Open(std.in, s.options.Stdin)
	if err != nil {
		return nil, fmt.Errorf("terminal: %w", err)
	}
	commands.SurviveBrokenPipes()
	keep := func(gen int, text []byte) { s.log.Add(gen, text); s.refused.Read(gen, text) }
	s.console = terminal.NewConsole(s.options, s.tty, keep, func() { s.printer.OutputLost() })
	out := ui.NewAsyncWriter(s.console, s.options.JSON)
	s.printer = ui.New(ui.Config{
		Out: out, Events: s.events, Options: s.options, KeysWork: s.tty.KeysAreCommands, Owner: engine.ListenerOwner,
		Install: install, Queues: func() []handoff.Endpoint { return s.engine.Queues() },
	})
	written := s.events.Follow(to, s.printer.EventsFailed)
	return func() {
		s.tty.Restore()
		s.console.Wait()
		out.Close()
		s.events.End()
		written()
	}, nil
}

// notice gives a notice of the supervisor to its readers, unless the other hotswap of an upgrade says it. It runs in
// the supervisor's loop.
//
// The terminal comes before the printer, whose line needs the modes. The service manager comes after the line.
// The parent of an upgrade ends last.
func (s *session) notice(n report.Notice) (said bool) {
	if s.upgrade.Notice(n) {
		return false
	}
	s.tty.Notice(n)
	s.printer.Notice(n)
	s.notifier.Notice(n)
	s.metrics.Notice(n)
	if n, ok := n.(report.NoticeServing); ok && !s.served {
		s.served = true
		if s.upgrade.IsChild {
			s.own.Serve()
			s.instance.Publish()
		} else {
			s.activation.CheckServed(s.engine.Supervisor, s.options.Listen, func(at handoff.Endpoint, reason string) {
				s.printer.Unclaimed(n.Gen, at, reason)
			})
		}
		s.upgrade.Serving()
	} else if ok && s.asks != "" && n.Cause == report.CauseChange && !n.Standby {
		s.printer.AsksAgain(s.asks)
		s.asks = ""
	}
	return true
}

// publish gives a status to its readers. It runs in the supervisor's loop.
func (s *session) publish(st *report.Status) {
	s.engine.EndKeepAlive(st)
	s.livereload.Publish(st)
	if st.Failure != nil && s.built.Load().Fails(st.Failure.Last) {
		go s.engine.Supervisor.Reload(context.Background()) // notices tell the outcome
	}
}

// count completes a status by what the supervisor does not know.
func (s *session) count(st *report.Status) {
	st.Dir, st.Port, st.Page = s.dir, s.port, s.page
	s.engine.Count(st)
	st.Browsers, st.GoAdapter = s.livereload.Status(), s.goAdapter.Load()
	st.Ignored = s.changes.Ignored()
	for i, e := range st.Endpoints {
		st.Endpoints[i].InCode = s.numbers.Code(e.Address)
	}
	st.URL = ui.URL(*st)
	if st.Paused != nil {
		st.Paused = &report.PauseStatus{Since: st.Paused.Since, Files: s.changes.Paused()}
	}
}

// introduce connects the engine to the parts that were made before it, and prints what the
// engine can do here.
func (s *session) introduce(command []string) {
	e := s.engine
	if e.Why != nil {
		s.printer.Degraded(e.Mechanism.Use(len(s.options.Listen) > 0, e.Strategy), e.Why)
	}
	if s.options.Port.Auto && e.Ports == nil {
		s.printer.OnlyPort(os.Getenv(options.RunEnv) != "" && errors.Is(e.Why, syscall.EBUSY))
	}
	if e.NoAdapter != nil {
		s.printer.NoAdapter(e.NoAdapter)
	}
	if !s.upgrade.IsChild {
		s.asks = setup.Once(folder, command)
		s.printer.Opened(s.activation.Endpoints(), s.activation.Shared(), e.Single)
	}
	if s.file.LeftOut != "" {
		s.printer.FileLeftOut(s.file.LeftOut)
	}
	if !s.options.NoWatch && !s.upgrade.IsChild { // with --no-watch the user wants the program's own watcher
		if server := s.changes.Server; server != nil {
			s.printer.OwnReload(server.Name, server.Reads)
		} else if text := advise(command); text != "" {
			s.printer.OwnWatcher(text)
		}
	}
}

// parts returns what goes on in a child, in the order in which it is frozen and inherited. What is frozen first is
// released last: people hear that a child has taken over when it has the addresses, and before the streams of events
// end. The supervisor and the instance come after what they inherit, and before anything is frozen.
func (s *session) parts() []upgrade.Part {
	sup, gates, state, run, tty := s.engine.Supervisor, s.engine.Registry, s.engine.Places, s.instance, s.tty
	modes, mend := func() (any, []int, error) { return tty.Found(), nil, nil }, func() error { tty.Mend(); return nil }
	return []upgrade.Part{
		// first: it may refuse, and nothing else has stopped then
		{Name: "state", Freeze: state.Freeze, Thaw: state.Thaw},
		{Name: "generations", State: &s.past, Freeze: sup.Freeze, Thaw: sup.Thaw, Release: sup.Release},
		{Name: "instance", State: &s.was, Freeze: run.Freeze, Thaw: run.Thaw, Release: run.Release},
		{Name: "clients", Release: s.refer},
		{Name: "gates", Inherit: gates.Inherit, Freeze: gates.Freeze, Thaw: gates.Thaw, Release: gates.Release},
		{Name: "addresses", Inherit: s.own.Inherit, Freeze: s.own.Freeze, Release: s.own.Release},
		{Name: "terminal", Inherit: tty.Inherit, Freeze: modes, Thaw: mend, Release: tty.Restore},
		{Name: "activation", Inherit: s.activation.Inherit, Freeze: s.activation.Freeze},
		{Name: "port", State: &s.port},
		{Name: "numbers", Inherit: s.inheritNumbers, Freeze: s.shareNumbers, Release: s.numbers.Leave},
	}
}

// childDelay is how long a child waits after the end of its parent before it reads keys. A shell or npm that waited for
// the parent may take the terminal back, and must find the terminal's modes unchanged.
const childDelay = time.Second

// refer refers people, the service manager and clients to the child.
func (s *session) refer() {
	s.printer.Upgraded(s.upgrade.ChildPID())
	s.notifier.Refer(s.upgrade.ChildPID())
	s.log.End()
}

// run runs the supervisor and everything that gives it events, until the supervisor ends.
func (s *session) run() (code int) {
	sup, child := s.engine.Supervisor, s.upgrade.IsChild
	ctx, cancel := context.WithCancel(context.Background())
	var producers sync.WaitGroup
	defer producers.Wait()
	defer cancel()
	start := func(producer func(context.Context)) { producers.Go(func() { producer(ctx) }) }
	s.upgrade.Config = upgrade.Config{
		Parts: s.parts(), Supervisor: sup, Reporter: s.printer, Pending: s.changes.Pending,
		Refusal: func() error {
			if s.tty.LeadsSession() {
				return errors.New("the terminal would be hung up with the process that leads its session")
			}
			return cmp.Or(events.Reopens(s.options.Events), s.engine.Upgradable())
		},
		ParentEnded: func() {
			if child {
				s.engine.ParentEnded()
				producers.Go(func() {
					if wait.For(ctx, childDelay) == nil {
						s.tty.TakeKeys()
					}
				})
			}
			sup.StartBeside(s.changes.Settled)
			producers.Go(func() { s.notifier.Progress(ctx, sup.Current) })
		},
	}
	cfg := commands.Config{
		Supervisor: sup, Steering: s.upgrade, StopDelay: s.options.StopDelay, Terminal: s.tty, Console: s.console,
		Log: s.log, Reporter: s.printer,
		Reloading: s.notifier.Reloading, Explain: why.Files{Changes: s.changes}.Why,
	}
	if s.changes != nil {
		cfg.Changes = s.changes
	}
	cmds := commands.New(cfg)
	s.commands = cmds
	if !child {
		s.own.Serve()
	}
	defer s.own.Close()
	cmds.Catch()
	start(cmds.Run)
	if !child { // whose parent, the hotswap before it, ends
		cmds.EndWithScript(ctx)
	}
	producers.Go(func() { cmds.EndWithFolder(ctx, s.dir, func() { s.printer.FolderGone(s.dir) }) })
	start(s.console.ForwardResizes(sup))
	producers.Go(func() { s.notifier.Watch(ctx, sup.Current, s.options.Ready.Kind == options.ReadyNotify) })
	start(s.upgrade.Run)
	start(proc.ReapOrphans)
	producers.Go(func() { s.instance.Run(ctx, sup) })
	s.instance.Serve(cmds, control.Feed{Status: func() any { return sup.Now() }, Events: s.events.Next})
	producers.Go(func() { s.engine.Watch(ctx, s.options.Idle, s.refused, s.printer.Exclusive) })
	if s.tty.Is {
		producers.Go(func() { cmds.ReadKeys(ctx, child) })
	}
	if s.changes != nil {
		producers.Go(func() {
			s.changes.Run(ctx, changes.Engine{
				Supervisor: sup, Adapters: s.engine.Adapters, Writes: s.engine.Writes, Python: s.engine.Python,
				Enter: s.upgrade.Enter, Signal: cmds.Signal, Browser: s.livereload.Tell, MustWait: sup.BesideMustWait(),
				Asked: s.engine.Asked,
			})
		})
	}
	return sup.Run()
}
