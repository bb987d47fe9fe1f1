package ui

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/record"
)

func (l Printer) Leftovers(n int, r record.Record) {
	l.Log.Warn().Str("event", "leftovers").Int("processes", n).Int("pid", r.PID).Str("dir", r.Dir).Strs("command", r.Command).
		Msgf("ended %s left behind by a hotswap that was killed", human.Count(n, "process"))
}

func (l Printer) LeftoversWait(r record.Record) {
	l.Log.Info().Str("event", "leftovers-wait").Int("pid", r.PID).Str("dir", r.Dir).
		Msgf("waiting for another hotswap, which ends the processes left behind by hotswap (process %d) when it was killed", r.PID)
}

func (l Printer) LeftoversLocked(r record.Record, err error) {
	l.Log.Warn().Str("event", "leftovers-left").Int("pid", r.PID).Str("dir", r.Dir).Err(err).
		Msgf("the processes left behind by hotswap (process %d) when it was killed still run: %v; if that process is a stopped hotswap (Ctrl-Z), continue it by fg", r.PID, err)
}

func (l Printer) LeftoversKept(r record.Record, keepers []proc.Identity) {
	l.Log.Warn().Str("event", "leftovers-left").Int("pid", r.PID).Str("dir", r.Dir).Ints("processes", numbers(keepers)).
		Msgf("the processes left behind by hotswap (process %d) when it was killed still run: %s still ending them; ps --forest shows them", r.PID, whichAre(keepers))
}

func (l Printer) LeftoversStay(r record.Record, left []proc.Identity) {
	l.Log.Warn().Str("event", "leftovers-left").Int("pid", r.PID).Str("dir", r.Dir).Ints("processes", numbers(left)).
		Msgf("%s still running in spite of SIGKILL, left behind by hotswap (process %d) when it was killed: end by hand what is left", whichAre(left), r.PID)
}

// whichAre is "process 7 is", "processes 7, 8 are".
func whichAre(ids []proc.Identity) string {
	var pids []string
	for _, n := range numbers(ids) {
		pids = append(pids, strconv.Itoa(n))
	}
	if len(pids) == 1 {
		return fmt.Sprintf("process %s is", pids[0])
	}
	return fmt.Sprintf("processes %s are", strings.Join(pids, ", "))
}

func numbers(ids []proc.Identity) []int {
	out := []int{}
	for _, id := range ids {
		out = append(out, id.PID)
	}
	return out
}
