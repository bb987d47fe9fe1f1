package main

import (
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/doctor"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Clients that wait in the queue of a generation that dies are answered by the
// one that serves, without another start; and what is under way through the
// relay is finished when everything stops.
func TestClientsOfADeadGenerationArePassedOn(t *testing.T) {
	t.Setenv(beHotswapEnv, "1") // for the children
	b, port, end := startTrial(t, doctor.Options())
	pid := b.Engine.Supervisor.Status().Generations[0].PID
	testkit.Freeze(t, pid) // it accepts nobody
	var waiting []*kept
	for range 50 {
		k := keep(t, port)
		k.send(ping)
		waiting = append(waiting, k)
	}
	if version, err := b.Replace(t.Context()); err != nil || version != 2 {
		t.Fatalf("version %d, %v", version, err)
	}
	testkit.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	for _, k := range waiting {
		k.answer(2)
		k.send(ping) // it stays, as any connection does
		k.answer(2)
	}
	if s := b.Engine.Supervisor.Status(); s.Generation != 2 || len(s.Generations) != 1 {
		t.Errorf("status %+v", s)
	}

	busy, idle := waiting[0], waiting[1]
	busy.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
	for line := "-"; strings.TrimSpace(line) != ""; { // the program has begun to read the request
		var err error
		if line, err = busy.in.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	busy.send("1")
	go func() {
		_ = b.Await(t.Context(), func(s report.Status) (bool, error) {
			return len(s.Generations) == 1 && s.Generations[0].State == report.StateDraining, nil
		})
		busy.send("2345")
	}()
	end()
	busy.answer(2)
	if _, err := idle.in.ReadByte(); err == nil {
		t.Error("an idle client got something")
	}
}
