package changes

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/watch"
)

// told is a Reporter that keeps what it hears of ignored files.
type told struct {
	Reporter
	lines []string
}

func (t *told) Ignored(why Reason, files []string) { t.lines = append(t.lines, fmt.Sprint(why, files)) }

// A program that writes ever new files has one line for each folder, and a few in all.
func TestLinesAreBounded(t *testing.T) {
	to := &told{}
	f := newFilter(to)
	var want []string
	for i := range 20 * mostLines {
		c := watch.Change{Path: fmt.Sprint("/p/", i, "/f"), Rel: fmt.Sprint(i, "/f")}
		f.ignore(ByProgram, c)
		f.ignore(ByProgram, watch.Change{Path: c.Path + "2", Rel: c.Rel + "2"}) // in the same folder
		if i < mostLines {
			want = append(want, fmt.Sprintf("program[%d/f]", i))
		}
	}
	if !slices.Equal(to.lines, want) || len(f.named) > mostLines {
		t.Errorf("%d names, %q", len(f.named), to.lines)
	}
}

// Three batches of one file in a row are told of once. Another file begins a new row.
func TestOneFileInARow(t *testing.T) {
	f := newFilter(nil)
	for batches, want := range map[string]string{"aaa": "a", "aaaa": "", "aabaa": "", "aabaaa": "a", "aa-a": "",
		"aa": "", "cccc": ""} {
		f.same, f.row = "", 0 // of another test
		var got string
		for _, file := range batches {
			changes := []watch.Change{{Rel: string(file)}}
			if file == '-' {
				changes = append(changes, watch.Change{Rel: "b"})
			}
			got = f.loops(changes, time.Now(), func() bool { return file == 'c' })
		}
		if got != want {
			t.Errorf("%s: %q, want %q", batches, got, want)
		}
	}
}
