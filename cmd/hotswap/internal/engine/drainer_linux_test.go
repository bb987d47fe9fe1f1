package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/adapters"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// testAdapter plays the adapter of this process, which is a generation's.
type testAdapter struct {
	*testkit.Link
	t     *testing.T
	all   *adapters.Transport
	drain func(held, steered bool) run.Drain
}

// newTestAdapter returns an adapter that reports connections at port 9. blind: the kernel shows none.
func newTestAdapter(t *testing.T, watching, blind bool) *testAdapter {
	t.Helper()
	dir := testkit.ShortDir(t)
	t.Setenv("TMPDIR", dir)
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", "")
	all := testkit.Must(adapters.New(scratch.New()))(t)
	l := &handoff.Launch{Gen: 1}
	session := testkit.Must(all.Prepare(l))(t)
	tree := func() []int { return []int{os.Getpid()} }
	go func() { _ = session.Run(t.Context(), handoff.Running{Tree: tree}, nil) }()
	th := &testAdapter{Link: testkit.Connect(t, all.Wire(1).Path), t: t, all: all}
	th.drain = func(held, steered bool) run.Drain {
		look := inspectKernel
		if blind {
			look = nil
		}
		return drainer(all, drainPolicy{NoWatch: !watching}, look)(run.DrainSpec{
			Last: func() bool { return false }, Streams: func() bool { return false },
			Gen: 1, Tree: tree, StopFirst: true, Reserve: held, Steered: steered, Waiting: func() int { return 0 },
		})
	}
	th.Say(`{"type":"hello","version":1}`, `{"type":"listening","port":9}`)
	testkit.Eventually(t, func() error {
		if !all.Connections(1).Tells(os.Getpid(), 9) {
			return errors.New("nobody listens")
		}
		return nil
	})
	return th
}

// told is the next order, as a line.
func (th *testAdapter) told() (kind, line string) {
	th.t.Helper()
	line = th.Hear()
	var o struct{ Type string }
	testkit.NoError(th.t, json.Unmarshal([]byte(line), &o))
	return o.Type, line
}

// While a stop waits, connections of what serves end with their next answer: also of a generation that serves again.
func TestKeepAliveEndsBeforeAStop(t *testing.T) {
	th, at := newTestAdapter(t, true, false), time.Now()
	e := &Engine{Adapters: th.all}
	for _, st := range []report.Status{{Generation: 1}, {Generation: 2, StopsAt: at}, {Generation: 1, StopsAt: at},
		{Generation: 1, StopsAt: at}} {
		e.EndKeepAlive(&st)
	}
	if _, line := th.told(); !strings.Contains(line, `"serves":true`) {
		t.Errorf("told %s", line)
	}
	th.all.Connections(1).Ask()
	if kind, line := th.told(); kind != "look" {
		t.Errorf("told %s again", line)
	}
}

// observing has a test pass where the kernel shows connections, and where it shows none.
func observing(t *testing.T, test func(t *testing.T, blind bool)) {
	t.Run("beside the kernel", func(t *testing.T) { test(t, false) })
	t.Run("by adapters alone", func(t *testing.T) { test(t, true) })
}

// What an adapter says is waited for, and asked again when all else is quiet.
func TestAdaptersDrain(t *testing.T) { observing(t, testAdaptersDrain) }

func testAdaptersDrain(t *testing.T, blind bool) {
	th := newTestAdapter(t, true, blind)
	reports := make(chan report.DrainReport, 1000)
	go func() { _ = th.drain(false, true).Run(t.Context(), func(r report.DrainReport) { reports <- r }) }()
	if _, line := th.told(); line != restartOrder {
		t.Fatalf("told %s", line)
	}
	var answer atomic.Value // to each look, however many there are
	answer.Store(`"connections":2,"busy":1`)
	go func() {
		var look struct{ Type, Seq any }
		for th.HearInto(&look) {
			if look.Type == "look" {
				th.Say(fmt.Sprintf(`{"type":"state","seq":%v,%s}`, look.Seq, answer.Load()))
			}
		}
	}()
	mayIdle := false
	reported := func(want report.DrainReport) {
		t.Helper()
		for r := range reports {
			if r == want {
				return
			}
			if r.Idle && !mayIdle {
				t.Fatalf("idle without an answer: %+v", r)
			}
		}
	}
	th.Say(`{"type":"state","connections":4,"busy":2,"streams":1}`)
	reported(report.DrainReport{Connections: 4, Busy: 2, Streams: 1, Settled: true})
	th.Say(`{"type":"state","connections":2,"busy":0}`)
	reported(report.DrainReport{Connections: 2, Busy: 1, Settled: true}) // somebody came meanwhile, as the answer says
	mayIdle = true
	answer.Store(`"connections":1,"busy":0`)
	th.Say(`{"type":"state","connections":1,"busy":0}`)
	reported(report.DrainReport{Connections: 1, Idle: true, Settled: true})
	answer.Store(`"connections":1,"busy":1`)
	th.Say(`{"type":"state","connections":1,"busy":1}`) // a client has asked again
	reported(report.DrainReport{Connections: 1, Busy: 1, Idle: false, Settled: true})
}

// A generation is settled when its adapter has said so, and stays it when it retires: pages reload once.
func TestSettledOnce(t *testing.T) { observing(t, testSettledOnce) }

func testSettledOnce(t *testing.T, blind bool) {
	th := newTestAdapter(t, true, blind)
	reports := make(chan report.DrainReport, 1000)
	d := th.drain(true, true)
	go func() { _ = d.Run(t.Context(), func(r report.DrainReport) { reports <- r }) }()
	th.told()
	th.Say(`{"type":"state","connections":1,"busy":1}`)
	settled, retired := false, false
	for r := range reports {
		switch {
		case r.Settled && r.Busy == 0, !r.Settled && settled, r.Settled && r.Rests > 0:
			t.Fatalf("%+v", r)
		case r.Retired && r.Busy == 2:
			return
		case r.Settled && !retired:
			retired = true
			d.Retire()
			th.told()
			th.Say(`{"type":"state","connections":2,"busy":2}`)
		}
		settled = settled || r.Settled
	}
}

// What an adapter has said while the generation could serve again does not count when the generation retires.
func TestRetiredIsNotIdleAtOnce(t *testing.T) { observing(t, testRetiredIsNotIdleAtOnce) }

func testRetiredIsNotIdleAtOnce(t *testing.T, blind bool) {
	th := newTestAdapter(t, true, blind)
	reports := make(chan report.DrainReport, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	ran, d := make(chan error), th.drain(true, true)
	go func() { ran <- d.Run(ctx, func(r report.DrainReport) { reports <- r }) }()
	answer := func() {
		th.told() // to drain
		th.Say(`{"type":"state"}`)
		_, line := th.told()
		var look struct{ Seq int }
		testkit.NoError(t, json.Unmarshal([]byte(line), &look))
		th.Say(fmt.Sprintf(`{"type":"state","seq":%d}`, look.Seq))
	}
	idle := func(retired bool) {
		t.Helper()
		for r := range reports {
			if r.Idle && r.Retired == retired {
				return
			}
			if r.Idle {
				t.Fatalf("%+v", r)
			}
		}
	}
	answer()
	idle(false)
	d.Retire()
	for r := range reports {
		if r.Idle && r.Retired {
			t.Fatal("idle, without an answer")
		}
		if r.Retired && r.Busy > 0 {
			break
		}
	}
	answer()
	idle(true)
	cancel() // it serves again
	if _, line := th.told(); line != `{"type":"resume"}` {
		t.Errorf("told %s", line)
	}
	if err := <-ran; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// Where the kernel shows no connection, a generation without an adapter is not drained.
func TestNobodyReports(t *testing.T) {
	th := newTestAdapter(t, true, true)
	if th.drain(true, true) == nil {
		t.Error("an adapter reports connections, and is not asked")
	}
	th.Close()
	testkit.Eventually(t, func() error {
		if th.drain(true, true) != nil {
			return errors.New("nobody reports connections, and somebody is asked")
		}
		return nil
	})
}

// restartOrder has an adapter end WebSockets and event streams, and hand over what is between two requests.
const restartOrder = `{"type":"drain","websocket":{"code":1012,"reason":"service restart"},"moves":true,"next":true}`
