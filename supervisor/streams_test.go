package supervisor

import (
	"context"
	"slices"
	"sync"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// recorder is a program that ends at SIGINT, and its own console; it notes what
// happens to both, in order.
type recorder struct {
	mu    sync.Mutex // guards notes
	notes []string
	ready func(string)
}

func (r *recorder) note(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notes = append(r.notes, what)
}

func (r *recorder) Open(_ GenID, _ bool, ready func(string)) (run.Streams, error) {
	r.ready = ready
	r.note("open")
	return r, nil
}
func (r *recorder) Stdio() [3]int  { return [3]int{7, 8, 9} }
func (r *recorder) Started()       { r.note("started") }
func (r *recorder) Go()            { r.note("go") }
func (r *recorder) Flush()         { r.note("flush") }
func (r *recorder) Ending()        {}
func (r *recorder) Last() []string { return []string{"Error: no"} }
func (r *recorder) Close()         { r.note("close") }

func (r *recorder) Start(s proc.Spec) (run.Process, error) {
	if s.Stdio != r.Stdio() {
		r.note("other streams")
	}
	return recorded{listening{&listener{exited: make(chan report.Exit, 1), gone: make(chan struct{})}}, r, new(sync.Once)}, nil
}

type recorded struct {
	listening
	r   *recorder
	end *sync.Once
}

func (p recorded) Signal(sig syscall.Signal) error {
	p.r.note(sig.String())
	if sig == syscall.SIGINT {
		p.end.Do(func() { // a program that ends may get another signal
			p.exited <- report.Exit{Code: 1}
			close(p.gone)
		})
	}
	return nil
}

// A generation's streams are opened before it and flushed before its end is
// told; what it writes can make it ready; a signal reaches it.
func TestStreamsOfAGeneration(t *testing.T) {
	r := &recorder{}
	var post report.PostMortem
	serving, crashed := make(chan string, 1), make(chan struct{})
	s := New(Config{
		Command: []string{"recorder"}, Registry: reuseport.NewRegistry(nil), Console: r, Runner: r,
		Policy: Policy{ExplicitReady: true}, StopSignal: syscall.SIGINT,
		Notify: func(n report.Notice) {
			switch n := n.(type) {
			case report.NoticeServing:
				serving <- n.By
			case report.NoticeCrashed:
				r.note("crashed")
				post = n.Post
				close(crashed)
			}
		},
	})
	ended := make(chan int)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { ended <- s.Run(ctx) }()
	await(s, func(st report.Status) bool { return len(st.Generations) > 0 && st.Generations[0].PID != 0 })
	r.ready("log")
	if by := <-serving; by != "log" {
		t.Errorf("ready by %q", by)
	}
	s.Resized()
	s.call(func() { s.children[1].pass(syscall.SIGINT) })
	<-crashed
	if post.Reason != "exit 1" || !slices.Equal(post.Last, r.Last()) {
		t.Errorf("the post-mortem is %+v", post)
	}
	cancel()
	<-ended
	r.mu.Lock()
	defer r.mu.Unlock()
	want := []string{"open", "started", "window changed", "interrupt", "flush"}
	if len(r.notes) < len(want) || !slices.Equal(r.notes[:len(want)], want) || r.notes[len(r.notes)-1] != "close" {
		t.Errorf("%q, want %q, …, close", r.notes, want)
	}
	if slices.Index(r.notes, "crashed") < slices.Index(r.notes, "flush") {
		t.Errorf("%q: the end was told before the last words", r.notes)
	}
}
