package main

import (
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/demo"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// answeredBy is the version that a fresh connection reaches.
func answeredBy(t *testing.T, port int) int {
	t.Helper()
	k := keep(t, port)
	defer k.conn.Close()
	k.send(ping)
	if strings.Contains(k.text(), `"version":1,`) {
		return 1
	}
	return 2
}

// Half of the new connections go to the canary, and all come back from it.
func TestCanaryGetsItsShare(t *testing.T) {
	t.Setenv(beHotswapEnv, "1") // for the children
	o := demo.Options()
	o.Canary = options.Canary{Percent: 50, Time: time.Hour}
	b, port := startDemo(t, o)
	fate := make(chan supervisor.Result, 1)
	go func() {
		r, _ := b.Engine.Supervisor.Reload(t.Context())
		fate <- r
	}()
	if err := b.Await(t.Context(), func(s supervisor.Status) (bool, error) {
		return s.Generation == 1 && len(s.Generations) == 2 && s.Generations[1].State == supervisor.StateReady.String(), b.Err()
	}); err != nil {
		t.Fatal(err)
	}
	count := map[int]int{}
	for range 80 {
		count[answeredBy(t, port)]++
	}
	if count[1] < 12 || count[2] < 12 {
		t.Errorf("of 80 connections each should have about half: %v", count)
	}
	if r, err := b.Engine.Supervisor.Rollback(t.Context()); err != nil || r.Outcome != supervisor.OutcomeRolledBack || r.Gen != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	if r := <-fate; r.Outcome != supervisor.OutcomeSuperseded || r.By != 1 {
		t.Errorf("the swap: %+v", r)
	}
	for range 20 {
		if answeredBy(t, port) != 1 {
			t.Fatal("a connection went to the canary after the rollback")
		}
	}
}
