package watch

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Whoever starts processes hears of an installation when it begins, and of its end when the
// batch is complete, also if nobody receives it.
func TestAnInstallationIsToldFromItsBeginning(t *testing.T) {
	for name, want := range map[string][]string{
		"npm ci (process 7)": {"5m0s false", "0s false"},
		"own npm ci":         {"5m0s true", "0s false"},
		"":                   {"30s false", "0s false"},
		"pip":                {"5m0s false", "0s false"}, // nobody receives the batch
	} {
		t.Run(name, func(t *testing.T) {
			atWork := working(name)
			var mu sync.Mutex
			var told []string
			with := func(x *world, cfg *Config) {
				site(atWork)(x, cfg)
				cfg.OnInstall = func(i Installation) {
					mu.Lock()
					defer mu.Unlock()
					told = append(told, fmt.Sprint(i.Limit, i.Own))
				}
			}
			now := func() []string {
				mu.Lock()
				defer mu.Unlock()
				return slices.Clone(told)
			}
			inBubble(t, with, func(x *world) {
				x.npmCI(time.Second, "dep 2")
				time.Sleep(ms)
				if got := now(); !slices.Equal(got, want[:1]) {
					t.Errorf("%q at the end of the installation, want %q", got, want[:1])
				}
				atWork.Store("")
				if name != "own npm ci" && name != "pip" {
					x.batch()
				}
				time.Sleep(time.Second)
				if got := now(); !slices.Equal(got, want) {
					t.Errorf("%q, want %q", got, want)
				}
			})
		})
	}
}

// Packages that are only gone hold nothing for ever.
func TestAnInstallationThatFailedIsTold(t *testing.T) {
	atWork := working("npm ci (process 7)")
	var last atomic.Int64
	inBubble(t, func(x *world, cfg *Config) {
		site(atWork)(x, cfg)
		cfg.OnInstall = func(i Installation) { last.Store(int64(i.Limit)) }
	}, func(x *world) {
		x.npmCI(0, "")
		x.save("/r/src/a.ts", "new")
		time.Sleep(time.Second)
		atWork.Store("")
		x.batch()
		time.Sleep(time.Second)
		if limit := time.Duration(last.Load()); limit != 0 {
			t.Errorf("at most %v more", limit)
		}
	})
}
