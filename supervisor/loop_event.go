package supervisor

import (
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// What the loop tells itself; the machine never sees it.
type loopEvent interface {
	event
	happen(*Supervisor)
}

type (
	// evSweep: it is time to look at the gates again.
	evSweep struct{}

	// evNothing: somebody waits until what came before is done.
	evNothing struct{}

	// evReleased: gates were released by another than a generation's end.
	evReleased struct{}

	// evDraining: the numbers of a drain have changed.
	evDraining struct {
		gen    GenID
		watch  *watch
		report DrainReport
	}

	// evDrainNews: it is time to look whether the numbers are to be told.
	evDrainNews struct {
		gen   GenID
		watch *watch
	}

	// evWatched: a drain has ended, for the reason err if it could not be
	// watched. The machine hears of it unless the watch was given up meanwhile.
	evWatched struct {
		gen   GenID
		watch *watch
		err   error
	}
	// evUnready: a boot says what it lacks.
	evUnready struct{ handoff.Unready }

	// evTold: something to be told to people as it is.
	evTold struct{ what any }
)

func (evSweep) kind() eventKind     { return kindCount }
func (evNothing) kind() eventKind   { return kindCount }
func (evReleased) kind() eventKind  { return kindCount }
func (evDraining) kind() eventKind  { return kindCount }
func (evWatched) kind() eventKind   { return kindCount }
func (evUnready) kind() eventKind   { return kindCount }
func (evTold) kind() eventKind      { return kindCount }
func (evDrainNews) kind() eventKind { return kindCount }

func (evSweep) happen(s *Supervisor) {
	s.notes.sweeping = false
	s.sweep()
}

func (evNothing) happen(*Supervisor) {}

func (evReleased) happen(s *Supervisor) { s.tidy() }

func (e evDraining) happen(s *Supervisor) {
	if !s.watches(e.gen, e.watch) {
		return
	}
	s.notes.drains[e.gen] = e.report
	live := s.drainNews(e.gen, e.watch)
	s.cfg.Notify(NoticeDraining{Gen: e.gen, Report: e.report, Live: live, Lasts: time.Since(e.watch.news.began)})
}

// drainNews says whether people are to hear how a drain stands, and sees to it
// that they do when it is time.
func (s *Supervisor) drainNews(gen GenID, w *watch) bool {
	if w.held {
		return false
	}
	live, again := w.news.look(time.Now(), s.notes.drains[gen])
	if again > 0 && !w.ticking {
		w.ticking = true
		s.after(again, evDrainNews{gen: gen, watch: w})
	}
	return live
}

func (e evDrainNews) happen(s *Supervisor) {
	if !s.watches(e.gen, e.watch) {
		return
	}
	e.watch.ticking = false
	if s.drainNews(e.gen, e.watch) {
		s.cfg.Notify(NoticeDraining{Gen: e.gen, Report: s.notes.drains[e.gen], Live: true, Lasts: time.Since(e.watch.news.began)})
	}
}

func (e evWatched) happen(s *Supervisor) {
	if !s.watches(e.gen, e.watch) {
		return
	}
	s.step(evDrained{gen: e.gen, blind: e.err != nil || e.watch.drain == nil && s.cfg.Drainer == nil})
	if e.err != nil {
		s.cfg.Notify(NoticeBlind{Gen: e.gen, Err: e.err})
	}
}

// watches tells whether a generation is still drained under that watch.
func (s *Supervisor) watches(gen GenID, w *watch) bool {
	c := s.children[gen]
	return c != nil && c.watch == w
}

func (e evUnready) happen(s *Supervisor) {
	if s.children[e.Gen] != nil {
		s.notes.unready[e.Gen] = e.Why
	}
}

func (e evTold) happen(s *Supervisor) { s.cfg.Notify(e.what) }
