package supervisor

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// recorder is the console of a theatre, which notes what happens to the streams of a generation.
type recorder struct {
	*theatre
	found func()
}

func (r *recorder) Open(_ GenID, _ bool, found func(), _ func(string)) (run.Streams, error) {
	r.found = found
	r.note("open")
	return r, nil
}
func (r *recorder) Stdio() [3]int  { return [3]int{7, 8, 9} }
func (r *recorder) Started()       { r.note("started") }
func (r *recorder) Go()            { r.note("go") }
func (r *recorder) Flush()         { r.note("flush") }
func (r *recorder) Last() []string { return []string{"Error: no"} }
func (r *recorder) Close()         { r.note("close") }

func (r *recorder) Start(s proc.Spec) (run.Process, error) {
	if s.Stdio != r.Stdio() {
		r.note("other streams")
	}
	return r.theatre.Start(s)
}

// A generation's streams are opened before it and flushed before its end is
// told; what it writes can make it ready; a signal reaches it.
func TestStreamsOfAGeneration(t *testing.T) {
	r := &recorder{}
	var post report.PostMortem
	r.theatre = cold(func(cfg *Config) {
		cfg.Console, cfg.Starts, cfg.Policy = r, r.Start, Policy{ExplicitReady: true, Watching: true}
		tell := cfg.Notify
		cfg.Notify = func(n report.Notice) bool {
			if n, ok := n.(report.NoticeCrashed); ok {
				r.note("crashed")
				post = n.Post
			}
			return tell(n)
		}
	})
	r.perform(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		r.found()
		synctest.Wait()
		if serving := of[report.NoticeServing](told()); len(serving) != 1 || serving[0].By != "log" {
			t.Errorf("served by %+v", serving)
		}
		s.Resized()
		s.runner.Signal(syscall.SIGINT)
		r.last().end(report.Exit{Code: 1})
		synctest.Wait()
		if notes, want := r.noted(), "open, start 101, started, window changed, interrupt, 101 ends, flush, "; !strings.HasPrefix(notes, want) || !strings.Contains(notes, "crashed") {
			t.Errorf("%s, want %s…, crashed", notes, want)
		}
		if post.Reason != "exit 1" || !slices.Equal(post.Last, r.Last()) {
			t.Errorf("the post-mortem is %+v", post)
		}
	})
	notes := r.noted()
	// a session ends by itself
	if own := strings.ReplaceAll(notes, "2 closes, ", ""); !strings.HasPrefix(own, "terminated, 102 ends, flush, close") {
		t.Errorf("at the end: %s", notes)
	}
}
