//go:build linux

package faults

import (
	"os"
	"strconv"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// groundPoints are about the ground that everything stands on: the output, and several parties at once.
func groundPoints() []point {
	return []point{
		{step: "serving", victim: theOld, fault: "SIGKILL, and a save at once", run: crashAndSave},
		{step: "each", victim: theBoss, fault: "nobody reads its output", run: outputFull},
	}
}

// outputFull: a terminal held by Ctrl-S, a log reader that hangs. The program
// waits in its write(2), as it would without us; hotswap does not.
func outputFull(t *testing.T) *result {
	r, output, err := os.Pipe()
	testkit.NoError(t, err)
	defer r.Close()
	s := prepare(t, setting{output: output, env: []string{envChatter + "=1000000"}})
	s.start()
	output.Close()
	s.control.came(1, stepAccepted)
	s.load()
	s.client.Answers("1", 30)
	for gen := 2; gen <= 4; gen++ {
		s.swap()
		s.client.Answers(strconv.Itoa(gen), 30)
		s.settled()
	}
	s.leaves()
	return s.result
}

// crashAndSave: the author of a crash repairs it while the crashed program is
// being started again, and that one may have taken clients already.
func crashAndSave(t *testing.T) *result {
	s := begin(t, setting{})
	m := stepOf("serving").reach(s)
	h := s.control.hold(2, stepAccepted)
	s.kill(m.old)
	h.wait()
	s.swap()
	h.release()
	s.h.Serving(3) // else its start may come between the demands below
	return s.endsWell()
}
