//go:build linux

package faults

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// result is what a point showed.
type result struct {
	requests uint64
	lost     int           // requests inside a killed process
	wrong    int           // any other failure
	wait     time.Duration // the longest time without an answer to a new connection
}

// stopLoad ends the load and judges what it saw.
func (s *scene) stopLoad() {
	s.Helper()
	if s.client == nil {
		return
	}
	s.client.Cancel()
	x := s.client.Wait()
	s.result.requests += x.Requests
	s.result.wait = max(s.result.wait, x.LongestGap)
	accepted := s.readNotes()
	unnoted := map[int]bool{} // kills by which a connection was lost that is in no note
	gone := make([]time.Duration, len(s.kills))
	for i, k := range s.kills {
		if s.cut {
			break // no failure is judged from then on
		}
		var ok bool
		gone[i], ok = <-k.gone
		if !ok {
			s.Errorf("process %d has not ended", k.pid)
		}
	}
	known := uint64(0)
	for _, e := range x.Examples {
		known++
		switch {
		case s.cut && e.At >= s.kills[len(s.kills)-1].at:
			// Nobody promised anything once hotswap was killed.
		case e.Class == load.Refused, e.Local == "":
			s.Errorf("refused, or reset at connect: %v", e)
		case s.wasInside(e, accepted.by(e.Local, s.begun.Add(e.At)), gone, unnoted):
			s.result.lost++
		default:
			s.result.wrong++
			if s.result.wrong > 10 {
				continue // ten tell as much
			}
			s.Errorf("lost outside of a killed process (kills %v, accepted by %v): %v", s.kills, accepted[e.Local], e)
		}
	}
	if failed := x.Failed(); known != failed && !s.cut {
		s.Errorf("%d requests failed, %d are known", failed, known)
	}
	if n := x.Counts[load.Abandoned]; n > 0 && !s.cut {
		s.Errorf("%d requests were never answered", n)
	}
	s.Logf("%v", x)
}

// wasInside says whether a failed request was in a process that was killed: by
// is who accepted its connection, 0 if that is in no note, and gone is when each
// process had ended.
func (s *scene) wasInside(e load.Example, by int, gone []time.Duration, unnoted map[int]bool) bool {
	for i, k := range s.kills {
		switch {
		case e.At < k.at:
		case by == k.pid:
			return true
		case by == 0 && !unnoted[i] && e.At-e.ConnAge <= gone[i]:
			unnoted[i] = true // between accept(2) and the note, one for each process
			return true
		}
	}
	return false
}

// notes are what the programs have written of the connections they accepted, by
// the client's address.
type notes map[string][]note

type note struct {
	pid int
	at  time.Time
}

func (s *scene) readNotes() notes {
	s.Helper()
	b := testkit.Must(os.ReadFile(s.requests))(s)
	out := notes{}
	for line := range strings.Lines(string(b)) {
		var pid int
		var client string
		var at int64
		if n, _ := fmt.Sscan(line, &pid, &client, &at); n == 3 {
			out[client] = append(out[client], note{pid, time.Unix(0, at)})
		}
	}
	return out
}

// by is who accepted a client that failed at this time; 0: nobody. A client's
// port may come again in a run: the last time before is meant.
func (n notes) by(client string, at time.Time) (pid int) {
	for _, x := range n[client] {
		if x.at.Before(at) {
			pid = x.pid
		}
	}
	return pid
}
