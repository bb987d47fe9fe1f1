package build

import (
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Request asks for a generation that has not begun, or for steps alone.
type Request struct {
	report.Origin                // others may have its files, too: only to be appended to
	Steps         []report.Step  // that run before the start
	Only          bool           // nothing starts after the steps
	Took          time.Duration  // of the builds for the request; 0: no step has run
	Ran           []report.Step  // the steps that have run for the request
	Tokens        []report.Token // of the callers that wait for the fate of the generation
}

// Deliberate reports whether people asked for the start.
func (r *Request) Deliberate() bool {
	return r.Cause == report.CauseChange || r.Cause == report.CauseCommand
}

// Merge adds what another generation would have been started for. The newer cause counts,
// except that a crash never hides what people asked for.
func (r *Request) Merge(newer Request) {
	if newer.Deliberate() || !r.Deliberate() {
		r.Cause = newer.Cause
	}
	for _, f := range newer.Files {
		if !slices.Contains(r.Files, f) {
			r.Files = append(r.Files, f)
		}
	}
	r.addRan(newer.Took, newer.Ran)
	r.Steps, r.Only = mergeSteps(r.Steps, newer.Steps), r.Only && newer.Only
	r.Tokens = append(r.Tokens, newer.Tokens...)
}

// addRan adds what a newer build has run, and how long the build took. A build whose steps have all
// run again since does not count any more.
func (r *Request) addRan(took time.Duration, ran []report.Step) {
	if len(ran) == 0 {
		return
	}
	if len(stepsWithout(r.Ran, ran)) == 0 {
		r.Took = 0
	}
	r.Took, r.Ran = r.Took+took, mergeSteps(r.Ran, ran)
}
