package supervisor

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// seats notes the places.
type seats struct {
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
	return nil
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
