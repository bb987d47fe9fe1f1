package machine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
)

// The status tells when what happened to the newest generations, also of those that are gone.
func TestLives(t *testing.T) {
	s := newStory(t, Policy{Watching: true}).everything().on(begin, build.Ended{Build: 1}).boot(1, portA)
	tell := func() string {
		var out []string
		for _, l := range s.m.Status().Lives {
			out = append(out, fmt.Sprintf("%d %v %v %v %v", l.Gen, l.Began.Sub(epoch), !l.Served.IsZero(),
				!l.Ended.IsZero(), l.Failed))
		}
		for _, b := range s.m.Status().Builds {
			out = append(out, fmt.Sprintf("build %d %v %v", b.Build, b.Began.Sub(epoch), !b.Ended.IsZero()))
		}
		return strings.Join(out, ", ")
	}
	wantLives := func(want string) {
		t.Helper()
		if got := tell(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	wantLives("1 0s true false false, build 1 0s true")
	s.after(time.Second).on(save("a"))
	wantLives("1 0s true false false, build 1 0s true, build 2 1s false")
	s.on(build.Ended{Build: 2}).boot(2).end(2, crash)
	wantLives("1 0s true false false, 2 1s false true true, build 1 0s true, build 2 1s true")
	s.end(1, crash)
	wantLives("1 0s true true true, 2 1s false true true, 3 1s false false false, build 1 0s true, build 2 1s true")
}
