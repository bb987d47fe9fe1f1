package machine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// The status tells when what happened to the newest generations, also of those that are gone.
func TestLives(t *testing.T) {
	s := newStory(t, Policy{Watching: true}).everything().on(begin, build.Ended{Build: 1}).boot(1, portA)
	tell := func() string {
		var out []string
		for _, l := range s.m.Status().Lives {
			out = append(out, fmt.Sprintf("%d %v %v %v %v", l.Gen, l.Began.Sub(epoch), !l.Served.IsZero(), !l.Ended.IsZero(), l.Failed))
		}
		for _, b := range s.m.Status().Builds {
			out = append(out, fmt.Sprintf("build %d %v %v %v", b.Build, b.Began.Sub(epoch), !b.Ended.IsZero(), b.Succeeded))
		}
		return strings.Join(out, ", ")
	}
	wantLives := func(want string) {
		t.Helper()
		if got := tell(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	wantLives("1 0s true false false, build 1 0s true true")
	s.after(time.Second).on(save("a"))
	wantLives("1 0s true false false, build 1 0s true true, build 2 1s false false")
	s.on(build.Ended{Build: 2}).boot(2).end(2, crash)
	wantLives("1 0s true false false, 2 1s false true true, build 1 0s true true, build 2 1s true true")
	s.end(1, crash)
	wantLives("1 0s true true true, 2 1s false true true, 3 1s false false false, build 1 0s true true, build 2 1s true true")
}

// What is served is of the last build that succeeded, however many have failed since.
func TestLastBuildThatSucceededIsNotForgotten(t *testing.T) {
	s := newStory(t, Policy{Watching: true}).everything().on(begin, build.Ended{Build: 1}).boot(1, portA)
	for n := range 2 * report.MaxLives {
		s.after(time.Second).on(save("a"), build.Ended{Build: n + 2, Failure: &report.BuildFailure{Exit: report.Exit{Code: 1}}})
	}
	builds := s.m.Status().Builds
	if len(builds) != report.MaxLives || builds[0].Build != 1 || builds[1].Build != report.MaxLives+3 {
		t.Errorf("%+v", builds)
	}
	s.on(save("a"), build.Ended{Build: 2*report.MaxLives + 2})
	if builds = s.m.Status().Builds; len(builds) != report.MaxLives || builds[0].Build == 1 {
		t.Errorf("%+v", builds)
	}
}
