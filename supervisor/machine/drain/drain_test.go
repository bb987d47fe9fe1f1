package drain

import (
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/supervisor/machine/internal/sum"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func TestDrain(t *testing.T) {
	quiet, streams := report.DrainReport{Idle: true, Retired: true}, report.DrainReport{Busy: 1, Streams: 1}
	var d Drain
	for i, c := range []struct {
		report  report.DrainReport
		handled bool // the program has handled the quiet moment by then
		hurries bool
		stayed  bool
		want    []sum.Effect
		stops   bool
	}{
		{report: report.DrainReport{Busy: 1}},
		{report: report.DrainReport{Idle: true}}, // of a time when the generation might have served again
		{report: quiet, want: []sum.Effect{Quiet{Gen: 1}}},
		{report: quiet},
		{report: report.DrainReport{Busy: 1, Retired: true}, handled: true},
		{report: quiet, stops: true},
		{report: quiet},
		{report: streams},
		{report: report.DrainReport{Busy: 2, Streams: 1}, hurries: true},
		{report: report.DrainReport{Busy: 1, Streams: 1, Waiting: 1}, hurries: true},
		{report: streams, hurries: true, want: []sum.Effect{LeaveStreams{Gen: 1}}, stops: true},
		{report: streams, hurries: true, stayed: true},
	} {
		var out sum.Effects
		d.Observe(Observed{Gen: 1, Report: c.report})
		if c.handled {
			d.Handle()
		}
		if stops := d.Next(1, c.hurries, c.stayed, &out); stops != c.stops {
			t.Errorf("%d: stops %v", i, stops)
		}
		if got := out.Take(); !slices.Equal(got, c.want) {
			t.Errorf("%d: %v, want %v", i, got, c.want)
		}
	}
	var over, stayed Drain
	var out sum.Effects
	over.Observe(Observed{Gen: 1, Over: true})
	over.Next(1, false, false, &out)
	stayed.Observe(Observed{Gen: 2, Report: report.DrainReport{Busy: 1, Flowing: 1}})
	stayed.Next(2, true, false, &out)
	stayed.Next(2, true, true, &out)
	if got := out.Take(); !slices.Equal(got, []sum.Effect{Quiet{Gen: 1}, LeaveStreams{Gen: 2}, Quiet{Gen: 2}}) {
		t.Errorf("%v", got)
	}
	if ended := stayed.Observe(Observed{Gen: 2}); !ended {
		t.Error("the last answer has ended")
	}
}
