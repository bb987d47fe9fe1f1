//go:build unix

package watchers

import (
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/bench/fresh"
)

// measured is a result with so many milliseconds for each save.
func measured(name string, hotswap bool, ms ...float64) *result {
	r := &result{
		Name: name, Platform: "Linux", Newest: 7, Saves: &fresh.Track{Hotswap: hotswap},
		Socket: socket{Kind: "WebSocket", Ends: map[string]int{"1012": 6}, Open: 1},
		Broken: fresh.Broken{Requests: 600, Serves: 7},
		Mended: &fresh.Track{Samples: []*fresh.Sample{{MS: 20}}},
		Quiet:  &fresh.Track{Samples: []*fresh.Sample{{MS: 20}, {MS: 20}}, Processor: 0.456, Idle: 123.4},
	}
	r.Saves.Traffic.Requests = 3000
	for _, one := range ms {
		r.Saves.Samples = append(r.Saves.Samples, &fresh.Sample{MS: one})
	}
	return r
}

func TestRowsSayWhatWasMeasured(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*result)
		want   string
	}{
		"nothing lost": {func(*result) {}, "| **it** | 0 of 3,000 | 1,234 | 30, 50 | told to reconnect (1012) | the old version serves | 0.46 | 123 | Linux |\n"},
		"lost and stale": {func(r *result) {
			r.Saves.Hotswap, r.Saves.Traffic.Failed, r.Saves.Traffic.Stale = false, 1500, 2
			r.Saves.Samples[2].Superseded, r.Saves.Samples[5].MS = true, fresh.Never.Seconds()*1000
			r.Socket.Ends, r.Socket.Open = map[string]int{"1001": 1, "1006": 4}, 0
			r.Broken = fresh.Broken{Requests: 600, Failed: 590, Error: "refused"}
			r.Mended.Samples[0].Never, r.Quiet.Samples[1].Never = true, true
		}, "| it | 1,500 of 3,000, 2 stale | 1,234 | 30, never (1 skipped) | closed (1001) 1×, dropped without a word 4×, not open again | down, 590 of 600 failed, also after the next good save | – | 123 | Linux |\n"},
		"kept": {func(r *result) {
			r.Socket.Ends, r.Socket.Code = nil, map[string]int{"7": 1}
			r.Broken = fresh.Broken{Requests: 22, Failed: 8, Error: "deadline", Waits: true}
		}, "| **it** | 0 of 3,000 | 1,234 | 30, 50 | kept | clients wait for a good save, 8 of 22 failed | 0.46 | 123 | Linux |\n"},
		"kept by the old code": {func(r *result) {
			r.Socket = socket{Kind: "event stream", Open: 1, Code: map[string]int{"1": 1}}
			r.Broken.Failed = 3
		}, "| **it** | 0 of 3,000 | 1,234 | 30, 50 | event stream: kept, by old code | the old version serves, 3 of 600 failed | 0.46 | 123 | Linux |\n"},
	} {
		r := measured("it", true, 1234, 10, 20, 30, 40, 50)
		c.change(r)
		if got := r.row(); got != c.want {
			t.Errorf("%s:\n%s want\n%s", name, got, c.want)
		}
		if columns := strings.Count(head[:strings.Index(head, "\n")], "|"); strings.Count(c.want, "|") != columns {
			t.Errorf("%s: the head has %d bars", name, columns)
		}
	}
}

// A figure without a measurement is an error, and no zero in the table.
func TestUnmeasuredFigureIsAnError(t *testing.T) {
	if err := measured("it", true, 1, 2, 3, 4, 5, 6).check(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*result){
		"requests":         func(r *result) { r.Saves.Traffic.Requests = 0 },
		"the saves":        func(r *result) { r.Saves.Samples = r.Saves.Samples[:5] },
		"stays open":       func(r *result) { r.Socket = socket{} },
		"the syntax error": func(r *result) { r.Broken.Serves = 0 },
		"processor":        func(r *result) { r.Quiet.Processor = 0 },
		"memory":           func(r *result) { r.Quiet.Idle = 0 },
	} {
		r := measured("it", true, 1, 2, 3, 4, 5, 6)
		change(r)
		if err := r.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// The longest bars are those of whoever loses most and is slowest.
func TestChartComparesWithTheWorst(t *testing.T) {
	ours, other := measured("ours", true, 10, 10, 10, 10, 10, 10), measured("other", false, 40, 40, 40, 40, 40, 40)
	other.Saves.Traffic.Failed = 300
	text := chart([]*result{ours, other}, "a machine")
	for _, want := range []string{`class="hotswap" x="520" y="70" width="60.0"`, `class="rival" x="520" y="92" width="240.0"`, `class="rival" x="150" y="92" width="240.0"`, ">300 of 3,000<", ">10 ms<", "prefers-color-scheme: dark"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
}
