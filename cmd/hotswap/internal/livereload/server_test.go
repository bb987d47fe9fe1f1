package livereload

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// The cutover to generation 2 has happened, and a start of generation 3 is due already. A page that says nothing of
// itself was loaded now. Each is told once.
func TestReloadWaitsForTheEndOfAllSwaps(t *testing.T) {
	visit(t, func(w *world, p *browser) {
		other := w.open("")
		w.serves(2, booting)
		time.Sleep(time.Minute)
		w.now(empty)
		p.has()
		w.serves(3, idle)
		w.now(idle)
		p.has("reload")
		other.has("reload")
	})
}

// A browser sends the reload on a connection that it keeps, and the generation at the other
// end may be the old one.
func TestReloadWaitsForKeptConnections(t *testing.T) {
	ready := int64(1)
	with := func(state string, settled bool) report.Status {
		st := idle
		st.Generations = []report.GenerationStatus{{ID: 1, State: state, ReadyMS: &ready, Settled: settled},
			{ID: 2, State: "serving", ReadyMS: &ready}}
		return st
	}
	for name, end := range map[string]report.Status{
		"held": with(report.StateReserve, true), "draining": with(report.StateDraining, true), "gone": idle,
	} {
		t.Run(name, func(t *testing.T) {
			visit(t, func(w *world, p *browser) {
				w.serves(2, with(report.StateReserve, false))
				time.Sleep(time.Second)
				during := w.open(pageOf(500 * time.Millisecond)) // began after the cutover
				w.now(with(report.StateDraining, false))
				p.has()
				w.now(end)
				p.has("reload")
				during.has("reload")
				time.Sleep(time.Second)
				w.open(pageOf(500 * time.Millisecond)).has()
			})
		})
	}
	visit(t, func(w *world, p *browser) { // a connection turns out to carry TLS, and leads to the old generation
		w.serves(2, with(report.StateReserve, true))
		p.has("reload")
		w.now(with(report.StateReserve, false))
		time.Sleep(time.Second)
		p.has("reload")
		w.now(idle)
		p.has("reload", "reload")
	})
	visit(t, func(w *world, p *browser) { // a boot that was given up has answered nothing
		st := with(report.StateDraining, false)
		st.Generations[0].ReadyMS = nil
		w.serves(2, st)
		p.has("reload")
	})
}

// Pages of the program before any hotswap reload, and those of the hotswap before do not.
func TestPagesOfEarlierProgramsReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := begin(t)
		w.open(pageOf(time.Hour)).has("reload")
		w.open(pageOf(0)).has()
	})
	synctest.Test(t, func(t *testing.T) {
		s := New(true, func(int, string) {})
		s.Add(http.NewServeMux(), "http://127.0.0.1:35729")
		p := newPage(time.Now(), nil, "")
		time.Sleep(time.Second)
		s.Publish(&report.Status{Generation: 2})
		if due, _ := s.due(p); len(due) != 0 {
			t.Errorf("told %v", due)
		}
		s.Publish(&report.Status{Generation: 3})
		if due, _ := s.due(p); len(due) != 1 {
			t.Errorf("told %v", due)
		}
	})
}

// A rule may ask for a reload at any time, and pages are told when no swap is under way.
func TestReloadByARule(t *testing.T) {
	visit(t, func(w *world, p *browser) {
		w.server.Tell(rule.BrowserReload, nil)
		p.has("reload")
		w.now(booting)
		time.Sleep(time.Second)
		w.server.Tell(rule.BrowserReload, nil)
		p.has("reload")
		w.now(idle)
		p.has("reload", "reload")
		if got := strings.Join(w.said, "; "); got != `1 told ""; 1 told ""` {
			t.Error(got)
		}
	})
}

// A browser that does not read costs a goroutine for a while, and hotswap nothing.
func TestSlowBrowserBlocksNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := begin(t)
		w.ask(streamPath, "http://localhost:4000")
		p := w.open(pageOf(0))
		begun := time.Now()
		for gen := range 100 {
			w.serves(report.GenID(gen+2), idle)
			w.server.Tell(rule.BrowserCSS, []string{"a.css"})
		}
		if took := time.Since(begun); took != 0 {
			t.Errorf("the loop waited for %v", took)
		}
		synctest.Wait()
		if pages := w.pages(); pages != 2 {
			t.Errorf("%d pages", pages)
		}
		time.Sleep(2 * wait.Answer)
		if pages := w.pages(); pages != 1 {
			t.Errorf("%d pages, want the one that reads", pages)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.gone {
			t.Error("the page that reads is gone too")
		}
	})
}

// Pages of others, and of this machine's more than the limit, are not told. Each goes with its connection.
func TestPagesAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := begin(t)
		refused := func(origin string, status int) {
			t.Helper()
			if p := w.openAt(origin, ""); p.status != status || p.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s: %d, %v", origin, p.status, p.header)
			}
		}
		refused("https://example.com", http.StatusForbidden)
		var all []*browser
		for range maxStreams {
			all = append(all, w.open(pageOf(0)))
		}
		refused("http://localhost:4000", http.StatusServiceUnavailable)
		all[0].end()
		synctest.Wait()
		w.open(pageOf(0)).has()
	})
}

// Why a save does not serve is for the program's own pages, in a browser of this user, without passwords. All others
// hear when to reload.
func TestWhoSeesAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := begin(t)
		serves := idle
		serves.Endpoints = []report.EndpointStatus{{Network: "tcp4", Address: "127.0.0.1:4000"}}
		w.now(serves)
		own, name := w.open(pageOf(0)), w.openAt("http://shop.test:4000", pageOf(0))
		none, another := w.openAt("", pageOf(0)), w.openAt("http://localhost:5173", pageOf(0))
		w.stranger = true
		stranger := w.open(pageOf(0))
		failed := empty
		failed.Failure = &report.FailureStatus{PostMortem: report.PostMortem{Reason: "exit 1",
			Last: []string{"postgres://app:hunter2@db"}}}
		w.now(failed) // it is still where the program served
		const shown = `failure {"at":"0001-01-01T00:00:00Z","reason":"exit 1","output":["postgres://***@db"]}`
		own.has(shown)
		name.has(shown)
		for _, p := range []*browser{none, another, stranger} {
			p.has()
		}
		w.stranger = false
		w.open(pageOf(0)).has(shown) // later
		failed.Failure = &report.FailureStatus{PostMortem: report.PostMortem{Reason: "exit 2"}}
		w.now(failed)
		w.now(failed)
		const other = `failure {"at":"0001-01-01T00:00:00Z","reason":"exit 2"}`
		own.has(shown, other)
		w.serves(2, serves)
		own.has(shown, other, "failure", "reload")
		for _, p := range []*browser{none, another, stranger} {
			p.has("reload")
		}
	})
}
