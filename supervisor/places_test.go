package supervisor

import (
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// seats notes the places, and waits for the program when it has drained.
type seats struct {
	handled chan struct{} // nil: nothing is waited for

	mu  sync.Mutex // guards what follows
	log []string
}

func (p *seats) Tell(places []report.Place) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for _, g := range places {
		text := fmt.Sprintf("%d %s", g.Gen, g.State)
		if g.Foremost {
			text += " foremost"
		}
		all = append(all, text)
	}
	p.log = append(p.log, strings.Join(all, ", "))
}

func (p *seats) Drained(gen GenID) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.log = append(p.log, fmt.Sprintf("%d drained", gen))
	return p.handled
}

func (p *seats) Waits(GenID) []int { return nil }

func (p *seats) noted() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := strings.Join(p.log, "\n")
	p.log = nil
	return out
}

func (p *seats) want(t *testing.T, want string) {
	t.Helper()
	synctest.Wait()
	if got, want := p.noted(), strings.TrimSpace(strings.ReplaceAll(want, "\t", "")); got != want {
		t.Errorf("told\n%s\nwant\n%s", got, want)
	}
}

// seated is a theatre without standbys whose programs are told their places.
func seated(p *seats, change ...func(*Config)) *theatre {
	return cold(func(cfg *Config) {
		cfg.Places = p
		cfg.Policy.Probation = 2 * time.Second
		for _, f := range change {
			f(cfg)
		}
	})
}

func TestPlaces(t *testing.T) {
	p := &seats{}
	seated(p).perform(t, func(t *testing.T, s *Supervisor, _ func() []report.Notice) {
		p.want(t, `
			1 starting foremost
			1 serving foremost`)
		swap(t, s)
		p.want(t, `
			1 serving foremost, 2 starting
			1 held, 2 serving foremost`)
		time.Sleep(2 * time.Second)
		p.want(t, `
			1 draining, 2 serving foremost
			1 drained
			2 serving foremost`)
	})
	if got := p.noted(); got != "2 draining\n2 drained\n" {
		t.Errorf("at the end %q", got)
	}
}

// The stop signal waits until the program has handled that it has drained. From then on its generation cannot
// serve again, because the program may have closed what requests need.
func TestDrainedIsHandled(t *testing.T) {
	p := &seats{}
	th := seated(p)
	th.perform(t, func(t *testing.T, s *Supervisor, _ func() []report.Notice) {
		p.handled = make(chan struct{})
		swap(t, s)
		time.Sleep(4 * time.Second)
		if notes := th.noted(); strings.Contains(notes, syscall.SIGTERM.String()) {
			t.Fatalf("%s, although the program has not answered", notes)
		}
		if r, err := s.Rollback(t.Context()); err != nil || r.Outcome != report.OutcomeNothing {
			t.Fatalf("%+v, %v", r, err)
		}
		synctest.Wait()
		p.noted()
		close(p.handled)
		synctest.Wait()
		if notes := th.noted(); notes != "terminated, 101 ends, 1 closes" {
			t.Error(notes)
		}
		p.want(t, `2 serving foremost`)
		p.handled = nil
	})
}

// A program that never answers is told to stop when every drain ends.
func TestDrainedIsNotHandled(t *testing.T) {
	p := &seats{}
	seated(p).perform(t, func(t *testing.T, s *Supervisor, _ func() []report.Notice) {
		p.handled = make(chan struct{})
		begun := time.Now()
		_, _ = s.Stop(t.Context())
		if took := time.Since(begun); took != 7*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// A program that listens nowhere serves when it has lived for a second, although it computes, so that nobody knows yet what it is.
func TestPlaceOfWorker(t *testing.T) {
	p := &seats{}
	th := seated(p)
	th.mute.Store(true)
	th.busy.Store(true)
	th.perform(t, func(t *testing.T, s *Supervisor, _ func() []report.Notice) {
		time.Sleep(2 * time.Second)
		p.want(t, `
			1 starting foremost
			1 serving foremost`)
	})
}

// With stop-first the old generation handles its end before the next begins.
func TestPlacesStopFirst(t *testing.T) {
	p := &seats{}
	seated(p, func(cfg *Config) { cfg.Policy.Strategy = StopFirst }).perform(t, func(t *testing.T, s *Supervisor, _ func() []report.Notice) {
		p.noted()
		p.handled = make(chan struct{})
		time.AfterFunc(3*time.Second, func() { close(p.handled) })
		begun := time.Now()
		swap(t, s)
		if took := time.Since(begun); took != 3*time.Second {
			t.Errorf("it took %v", took)
		}
		p.want(t, "1 draining\n1 drained\n2 starting foremost\n2 serving foremost")
		p.handled = nil
	})
}

// While the program handled its end clients may have sent requests: the stop signal waits for these.
func TestRequestsWhileDrainedIsHandled(t *testing.T) {
	p := &seats{}
	seated(p, func(cfg *Config) {
		cfg.Drainer = func(run.DrainSpec) run.Drain {
			return reportsAt(map[time.Duration]report.DrainReport{
				time.Second: {Idle: true, Retired: true}, 2 * time.Second: {Connections: 1, Busy: 1}, 4 * time.Second: {Idle: true, Retired: true},
			})
		}
	}).perform(t, func(t *testing.T, s *Supervisor, _ func() []report.Notice) {
		p.handled = make(chan struct{})
		time.AfterFunc(3*time.Second, func() { close(p.handled) })
		begun := time.Now()
		_, _ = s.Stop(t.Context())
		if took := time.Since(begun); took != 4*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}
