package ui

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// What the machine forbids is said once, and not again after each save.
func TestInjectedSocketsAreToldOnce(t *testing.T) {
	var b bytes.Buffer
	p := &Printer{logger: logger{zerolog.New(&b).Level(zerolog.InfoLevel)}}
	for gen := range handoff.GenID(3) {
		p.Notice(report.NoticeEvent{Event: handoff.Degraded{Gen: gen, Err: errors.New("no"), Use: "its own sockets"}})
	}
	if n := strings.Count(b.String(), "sockets-injected"); n != 1 {
		t.Errorf("%d lines:\n%s", n, b.String())
	}
}

// That a standby may load no package is said once for each reason, and all else with --verbose.
func TestStandbysWithoutPackages(t *testing.T) {
	var b bytes.Buffer
	p := &Printer{logger: logger{zerolog.New(&b).Level(zerolog.InfoLevel)}}
	for _, left := range []string{"hono is loaded behind a.js", "hono is loaded behind a.js",
		"hono has not been tried yet", "hono is loaded behind b.js"} {
		p.Notice(report.NoticeStandby{Gen: 2, Loaded: report.Loaded{Left: []string{left, strings.Replace(left, "hono",
			"zod", 1)}}})
	}
	p.Notice(report.NoticeStandby{Gen: 2, Loaded: report.Loaded{Ahead: 1, Left: []string{"hono is loaded behind c.js"}}})
	for _, want := range []string{"0 of 2 packages ahead · each is loaded behind a.js",
		"0 of 2 packages ahead · each is loaded behind b.js"} {
		if n := strings.Count(b.String(), want); n != 1 {
			t.Errorf("%q is said %d times:\n%s", want, n, b.String())
		}
	}
	if n := strings.Count(b.String(), "\n"); n != 2 {
		t.Errorf("%d lines:\n%s", n, b.String())
	}
}

// Drained is said only where nothing was cut.
func TestDrainedNamesWhatWasCut(t *testing.T) {
	for _, c := range []struct {
		n    report.NoticeDrained
		want string
	}{
		{report.NoticeDrained{Report: report.DrainReport{Moved: 2}},
			"info generation 1 drained · 2 requests moved · 5m0s"},
		{report.NoticeDrained{Forced: true, Report: report.DrainReport{Connections: 2}},
			"info generation 1 ended · 5m0s · 2 silent connections cut"},
		// it had time to end them
		{report.NoticeDrained{Report: report.DrainReport{Connections: 2}}, "info generation 1 drained · 5m0s"},
		// it ended just then
		{report.NoticeDrained{Busy: true, Forced: true, Cut: report.CutDrainTimeout},
			"info generation 1 drained · 5m0s"},
		{report.NoticeDrained{Busy: true, Forced: true, Cut: report.CutStreamTimeout,
			Report: report.DrainReport{Busy: 2, Flowing: 2}},
			"warn generation 1 ended · 2 answers cut after 5m0s: see --stream-timeout"},
		{report.NoticeDrained{Busy: true, Forced: true, Killed: true, Cut: report.CutDrainTimeout,
			Report: report.DrainReport{Busy: 1}},
			"warn generation 1 killed · 1 answer cut after 5m0s: see --drain-timeout"},
		{report.NoticeDrained{Busy: true, Forced: true, Cut: report.CutLimit,
			Report: report.DrainReport{Busy: 1, Flowing: 1}},
			"warn generation 1 ended · 1 answer cut after 5m0s, because too many newer generations drain or stay for answers"},
		{report.NoticeDrained{Busy: true, Forced: true, Cut: report.CutStop,
			Report: report.DrainReport{Busy: 1, Flowing: 1}},
			"info generation 1 ended · 1 answer cut after 5m0s"},
		{report.NoticeDrained{Busy: true, Forced: true, Cut: report.CutDrainTimeout,
			Report: report.DrainReport{Busy: 8, Stays: 8}},
			"warn generation 1 stopped · 5m0s · 8 connections in use cut: see limits"},
		{report.NoticeDrained{Busy: true, Forced: true, Cut: report.CutStreamTimeout,
			Report: report.DrainReport{Busy: 1, Flowing: 1, Stays: 1}},
			"warn generation 1 ended · 1 answer cut after 5m0s: see --stream-timeout"},
		{report.NoticeDrained{Busy: true, Forced: true, Cut: report.CutStreamTimeout,
			Report: report.DrainReport{Busy: 3, Flowing: 1, Stays: 2}},
			"warn generation 1 stopped · 1 answer cut after 5m0s: see --stream-timeout · 2 connections in use cut: see limits"},
		{report.NoticeDrained{Busy: true, Cut: report.CutDrainTimeout, Report: report.DrainReport{Busy: 8, Stays: 8}},
			"info generation 1 stopped · told to stop with 8 connections in use after 5m0s: see --drain-timeout"},
		{report.NoticeDrained{Busy: true, Cut: report.CutDrainTimeout, Report: report.DrainReport{Waiting: 1}},
			"info generation 1 ended · 5m0s"},
		{report.NoticeDrained{Killed: true, Forced: true}, "warn generation 1 killed · 5m0s · it ignored SIGTERM"},
	} {
		var b bytes.Buffer
		c.n.Gen, c.n.Took = 1, 5*time.Minute
		(&Printer{logger: logger{zerolog.New(&b)}}).Notice(c.n)
		var line struct{ Level, Message string }
		if err := json.Unmarshal(b.Bytes(), &line); err != nil || line.Level+" "+line.Message != c.want {
			t.Errorf("%v %s\nwant %s", err, b.String(), c.want)
		}
	}
}
