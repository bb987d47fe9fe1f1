package fresh

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// Limits of a probe.
const (
	densest = 2 * time.Millisecond   // between two requests, after a save
	sparser = 10 * time.Millisecond  // the same, half a second after a save
	calm    = 100 * time.Millisecond // between two requests while no save waits for its answer
	atATime = 32                     // requests at a time
)

// Never is when a save without a fresh answer has failed. Only a test changes it, before it measures.
var Never = 15 * time.Second

// probe asks for the version, each time on a new connection. A request that hangs does
// not delay the next one, because each has a goroutine.
type probe struct {
	url    string
	client *http.Client
	check  func([]byte, http.Header) (string, bool)
	saved  chan struct{} // of capacity 1

	asking atomic.Int32

	mu      sync.Mutex // guards the following fields
	pending []*Sample  // saves without an answer, oldest first
	newest  int        // the newest version that has answered
	highs   []high     // when each newest version first answered
	tally   tally
}

type high struct {
	version int
	at      time.Time
}

// tally counts what probe and traffic have seen.
type tally struct {
	Requests int      `json:"requests"`
	Failed   int      `json:"failed"` // stale answers are counted apart
	Stale    int      `json:"stale"`
	Examples []string `json:"examples,omitempty"`
}

func (t *tally) example(format string, args ...any) {
	if len(t.Examples) < 10 {
		t.Examples = append(t.Examples, fmt.Sprintf(format, args...))
	}
}

func newProbe(url string) *probe {
	return &probe{
		url: url, saved: make(chan struct{}, 1), check: load.ExampleChecks().Version,
		client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: Never},
	}
}

// run asks until ctx ends.
func (p *probe) run(ctx context.Context) {
	var asks sync.WaitGroup
	defer asks.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.saved:
		case <-timer.C:
		}
		timer.Reset(p.pause(time.Now()))
		if p.asking.Load() >= atATime {
			continue
		}
		p.asking.Add(1)
		asks.Go(func() {
			defer p.asking.Add(-1)
			p.ask(ctx)
		})
	}
}

// pause returns how long to wait until the next request.
func (p *probe) pause(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.pending) == 0 {
		return calm
	}
	return min(max(now.Sub(p.pending[len(p.pending)-1].ended)/50, densest), sparser)
}

func (p *probe) ask(ctx context.Context) {
	dialed := time.Now()
	body, header, err := p.get(ctx)
	done := time.Now()
	if ctx.Err() != nil {
		return
	}
	version := 0
	if err == nil {
		text, ok := p.check(body, header)
		if !ok {
			err = fmt.Errorf("no version: %.100q", body)
		}
		version, _ = strconv.Atoi(text)
	}
	p.learn(version, dialed, done, err)
}

// get asks once, on a new connection.
func (p *probe) get(ctx context.Context) (body []byte, header http.Header, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url, nil)
	if err != nil {
		panic(err) // the address is ours
	}
	response, err := p.client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	body, err = io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %.100q", response.StatusCode, body)
	}
	return body, response.Header, err
}

// learn takes an answer to a request on a connection whose dial began at dialed.
func (p *probe) learn(version int, dialed, done time.Time, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tally.Requests++
	if err != nil {
		p.tally.Failed++
		p.tally.example("%s: %v", done.UTC().Format("15:04:05.000"), err)
		return
	}
	for i := len(p.highs) - 1; i >= 0; i-- {
		if h := p.highs[i]; h.at.Before(dialed) {
			if version < h.version {
				p.tally.Stale++
				p.tally.example("%s: version %d, %v after version %d had answered", done.UTC().Format("15:04:05.000"),
					version, dialed.Sub(h.at), h.version)
			}
			break
		}
	}
	if version > p.newest {
		p.newest = version
		p.highs = append(p.highs, high{version, done})
	}
	for len(p.pending) > 0 && p.pending[0].Version <= version {
		s := p.pending[0]
		p.pending = p.pending[1:]
		s.Answered, s.Superseded = done, version > s.Version
		close(s.settled)
	}
}

// expect begins to wait for the answer to a save.
func (p *probe) expect(s *Sample) {
	p.mu.Lock()
	p.pending = append(p.pending, s)
	p.mu.Unlock()
	select {
	case p.saved <- struct{}{}:
	default:
	}
}

// forget gives up waiting.
func (p *probe) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pending = nil
}

// result returns what has been seen so far.
func (p *probe) result() tally {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tally
}
