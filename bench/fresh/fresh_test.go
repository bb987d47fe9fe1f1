//go:build linux

package fresh

import (
	"fmt"
	"testing"
	"time"
)

// answer makes a probe see an answer; times are milliseconds.
type answer struct{ version, dialed, done int }

// A probe takes the first answer that is at least as new as a save, and counts older
// answers as stale only on connections begun after the newer one had answered.
func TestProbeJudgesAnswers(t *testing.T) {
	begun := time.Now()
	at := func(ms int) time.Time { return begun.Add(time.Duration(ms) * time.Millisecond) }
	for name, c := range map[string]struct {
		saves   map[int]int // version → end of the save
		answers []answer
		want    string // version: milliseconds …; stale
	}{
		"the first fresh answer": {map[int]int{2: 100}, []answer{{1, 0, 5}, {1, 105, 110}, {2, 150, 160},
			{2, 170, 175}}, "2: 60; 0 stale"},
		"an answer to a later save": {map[int]int{2: 100, 3: 120}, []answer{{1, 105, 110}, {3, 150, 160}},
			"2: 60, superseded 3: 40; 0 stale"},
		"an old answer on a new connection": {map[int]int{2: 100}, []answer{{2, 150, 160}, {1, 161, 165}},
			"2: 60; 1 stale"},
		"an old answer on an old connection": {map[int]int{2: 100}, []answer{{2, 150, 160}, {1, 155, 165}},
			"2: 60; 0 stale"},
		"no answer":          {map[int]int{2: 100}, []answer{{1, 155, 165}}, "2: never; 0 stale"},
		"an answer too late": {map[int]int{2: 100}, []answer{{2, 15050, 15101}}, "2: never; 0 stale"},
	} {
		p := newProbe("")
		var samples []*Sample
		for version := 2; version <= 3; version++ {
			if end, ok := c.saves[version]; ok {
				s := &Sample{Version: version, ended: at(end), settled: make(chan struct{})}
				samples = append(samples, s)
				p.expect(s)
			}
		}
		for _, a := range c.answers {
			p.learn(a.version, at(a.dialed), at(a.done), nil)
		}
		got := ""
		for _, s := range samples {
			s.judge()
			switch {
			case s.Never:
				got += fmt.Sprintf("%d: never ", s.Version)
			case s.Superseded:
				got += fmt.Sprintf("%d: %.0f, superseded ", s.Version, s.MS)
			default:
				got += fmt.Sprintf("%d: %.0f ", s.Version, s.MS)
			}
		}
		got = got[:len(got)-1] + fmt.Sprintf("; %d stale", p.result().Stale)
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestFiguresLeaveWarmupsOut(t *testing.T) {
	tr := Track{Hotswap: true, Samples: []*Sample{{MS: 900, Warmup: true}, {MS: 800, Warmup: true}, {MS: 3}, {MS: 1},
		{MS: 2}, {MS: 10}}}
	tr.Count()
	if want := (figures{Saves: 4, First: 900, Median: 2.5, P90: 10, Worst: 10}); tr.Figures != want {
		t.Errorf("%+v, want %+v", tr.Figures, want)
	}
	if err := tr.Fault(); err != nil {
		t.Error(err)
	}
	for _, broken := range []func(*Track){
		func(t *Track) { t.Samples[0].Never = true },
		func(t *Track) { t.Traffic.Failed = 1 },
		func(t *Track) { t.Probe.Stale = 1 },
	} {
		other := Track{Hotswap: true, Samples: []*Sample{{MS: 1}}}
		broken(&other)
		other.Count()
		if other.Fault() == nil {
			t.Errorf("no fault in %+v", other.Figures)
		}
	}
}
