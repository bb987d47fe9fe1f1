package build

import (
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func TestRequestsMerge(t *testing.T) {
	w := Request{Cause: report.CauseCrash}
	w.Merge(Request{Cause: report.CauseChange, Files: []string{"a", "b"}, Tokens: []report.Token{1}})
	w.Merge(Request{Cause: report.CauseCrash})
	w.Merge(Request{Cause: report.CauseChange, Files: []string{"b", "c"}, Tokens: []report.Token{2}})
	if w.Cause != report.CauseChange || !slices.Equal(w.Files, []string{"a", "b", "c"}) || !slices.Equal(w.Tokens, []report.Token{1, 2}) {
		t.Errorf("merged to %+v", w)
	}
}
