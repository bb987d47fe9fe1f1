package exclusive

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
)

func TestData(t *testing.T) {
	kinds := map[string]handoff.AccessKind{"appends": handoff.Appends, "empties": handoff.Empties,
		"replaces": handoff.Replaces, "reads": handoff.Reads}
	for name, c := range map[string]struct {
		does   string   // words: a generation, whether it serves (s) or boots (b), and what it does
		want   Resource // at the last word; the zero value: nothing is known
		unread bool     // it matters whether the file is read
	}{
		"a file in memory":                       {"1s-empties 2b-reads", Resource{Refused: 2}, false},
		"a file in memory, by a rename":          {"1s-replaces 2b-reads", Resource{Refused: 2}, false},
		"of which a read was not reported":       {"1s-empties 3b-reads", Resource{Refused: 3, Late: true}, false},
		"that is read first":                     {"2b-reads 1s-empties", Resource{}, false},
		"a file that it appends to and packs":    {"1b-replaces 1s-appends", Resource{}, false},
		"a log":                                  {"1b-appends 1s-appends 2b-reads 2s-appends 2s-reads", none, false},
		"a log that is emptied at a start":       {"1b-empties 1s-appends 2b-empties 2b-reads", none, false},
		"a session":                              {"1s-reads 1s-replaces 1s-reads 2s-reads 2s-replaces", none, true},
		"what is written only at a start":        {"1b-empties 2b-empties 2b-reads", none, false},
		"what is written and never read":         {"1s-empties 2s-empties 3s-empties", none, true},
		"an upload that a request reads at once": {"1s-empties 1s-reads", none, true},
	} {
		d, got := data{}, Resource{}
		for _, word := range strings.Fields(c.does) {
			if who, what, _ := strings.Cut(word, "-"); got.Kind == Nothing {
				got = d.note(handoff.Access{Gen: handoff.GenID(who[0] - '0'), Path: "/p/f", Kind: kinds[what]},
					who[1] == 's')
			}
		}
		if c.want == none {
			c.want = Resource{}
		} else {
			c.want.Name, c.want.Kind = "/p/f", Data
		}
		if got != c.want || d.unread()["f"] != c.unread {
			t.Errorf("%s: %+v", name, got)
		}
	}
	d := data{} // a program may write ever new files
	for i := range 2 * maxData {
		d.note(handoff.Access{Gen: 1, Path: fmt.Sprint("/p/", i), Kind: handoff.Empties}, true)
	}
	if len(d) != maxData {
		t.Errorf("%d files are remembered", len(d))
	}
}

// none is what nothing is known of.
var none = Resource{Name: "none"}
