package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/fsnotify/fsnotify"

	"github.com/hotswap-dev/hotswap/watch/rules"
)

// A listing has the files that count and no others, and follows what changes.
func TestList(t *testing.T) {
	inBubble(t, func(x *world, _ *Config) {
		x.put("/r/a.ts", "1")
		x.put("/r/src/b.ts", "1")
		x.put("/r/README.md", "1")
		x.put("/r/dist/c.js", "1")
		x.put("/r/gen.ts", "1")
		x.put("/r/.gitignore", "gen.ts")
	}, func(x *world) {
		x.wantList("/r/a.ts", "/r/src/b.ts")
		x.remove("/r/src/b.ts")
		x.hint("/r/src/b.ts", fsnotify.Remove)
		x.save("/r/new.ts", "1")
		x.batch()
		list := x.wantList("/r/a.ts", "/r/new.ts")
		if list.Folders != 2 {
			t.Errorf("%+v", list)
		}
	})
}

func TestExplain(t *testing.T) {
	inBubble(t, func(x *world, _ *Config) {
		x.put("/r/a.ts", "1")
		x.put("/r/local/b.ts", "1")
		x.put("/r/.gitignore", "\nlocal/")
	}, func(x *world) {
		for file, want := range map[string]string{
			"/r/a.ts": "true true", "/r/new/er/a.ts": "true true", "/r/local/b.ts": "false false", "/other/a.ts": "false false",
		} {
			e, err := x.w.Explain(x.t.Context(), file)
			if got := fmt.Sprint(e.Counts(), e.Reached); err != nil || got != want {
				t.Errorf("%s: %s, %v, want %s", file, got, err, want)
			}
		}
		x.save("/r/.gitignore", "a.ts")
		e, err := x.w.Explain(x.t.Context(), "/r/a.ts")
		if err != nil || e.Text != "git ignores it: .gitignore:1: a.ts" {
			t.Errorf("%+v, %v", e, err)
		}
	})
}

func TestQueryOfAWatcherThatEnded(t *testing.T) {
	w, err := New(Config{Rules: rules.Config{Root: t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := w.Run(ended); err != nil {
		t.Fatal(err)
	}
	if _, err := w.List(t.Context()); !errors.Is(err, ErrEnded) {
		t.Errorf("%v, want ErrEnded", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := new(Watcher).List(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want Canceled", err)
	}
}

func (x *world) list() Listing {
	x.t.Helper()
	list, err := x.w.List(x.t.Context())
	if err != nil {
		x.t.Error(err)
	}
	return list
}

func (x *world) wantList(want ...string) Listing {
	x.t.Helper()
	list := x.list()
	if got := list.Files; !slices.Equal(got, want) {
		x.t.Errorf("files %q, want %q", got, want)
	}
	return list
}
