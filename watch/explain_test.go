package watch

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

func TestExplain(t *testing.T) {
	inBubble(t, func(x *world, _ *Config) {
		x.put("/r/a.ts", "1")
		x.put("/r/local/b.ts", "1")
		x.put("/r/.gitignore", "\nlocal/")
	}, func(x *world) {
		for file, want := range map[string]string{
			"/r/a.ts": "true true", "/r/new/er/a.ts": "true true", "/r/local/b.ts": "false false",
			"/other/a.ts": "false false",
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
	w := testkit.Must(New(Config{Rules: rules.Config{Root: t.TempDir()}}))(t)
	ended, end := context.WithCancel(t.Context())
	end()
	testkit.NoError(t, w.Run(ended))
	if _, err := w.Explain(t.Context(), "/r"); !errors.Is(err, ErrEnded) {
		t.Errorf("%v, want ErrEnded", err)
	}
	if err := w.Sync(t.Context()); !errors.Is(err, ErrEnded) {
		t.Errorf("%v, want ErrEnded", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := new(Watcher).Explain(ctx, "/r"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want Canceled", err)
	}
}

func TestRelative(t *testing.T) {
	for path, want := range map[string]string{
		"/home/me/shop/apps/api/src/a.ts": "src/a.ts", "/home/me/shop/apps/web/a.ts": "../web/a.ts",
		"/home/me/shop/packages/db/a.ts": "../../packages/db/a.ts", "/usr/lib/a.js": "/usr/lib/a.js",
	} {
		if got := Relative("/home/me/shop/apps/api", path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
