package machine

import (
	"slices"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

var (
	client  = Request{Cause: report.CauseClient}
	bedtime = Command{Do: Sleep, Gen: 1, Delay: time.Minute}
)

// A program without work ends as at a stop. The next client starts it again, with what was saved meanwhile.
func TestStorySleep(t *testing.T) {
	s := serving(t, dev).on(client, bedtime).phase(report.PhaseAsleep).on(Drained{Gen: 1}).end(1,
		report.Exit{}).on(save("a.ts"))
	st := s.phase(report.PhaseAsleep).m.Status()
	want := (report.EndpointStatus{Network: "tcp4", Address: portA.Address()})
	if !slices.Equal(st.Endpoints, []report.EndpointStatus{want}) {
		t.Errorf("clients wait at %+v", st.Endpoints)
	}
	s.after(time.Hour).on(client, client).boot(2, portA).want(`
		0.000 command sleep
			! 1 sleeps after 1m0s
			drain 1 unrelieved
		0.000 1 drained
			signal 1
		0.000 1 gone
			! 1 drained in 0s, busy false, killed false
		3600.000 a client waits
			start 2 change a.ts
		3600.000 2 listens 127.0.0.1:4000
			cutover 2
			! 2 serves [4000] for change after 0s by listen, replaces 0, unserved []
	`)
}

// Without a save the start is no swap. A client who comes while the program ends need not wait for that.
func TestStoryWakesWhileItEnds(t *testing.T) {
	s := serving(t, dev).on(bedtime, client).boot(2, portA).want(`
		0.000 command sleep
			! 1 sleeps after 1m0s
			drain 1 unrelieved
		0.000 a client waits
			start 2 client
		0.000 2 listens 127.0.0.1:4000
			cutover 2
			! 2 serves [4000] for client after 0s by listen, replaces 0, unserved []
	`)
	if n := s.m.Status().Swaps; n != 0 {
		t.Errorf("%d swaps", n)
	}
}

// The standby does not outlive the program, and no other one is made before the next client comes.
func TestStorySleepWithoutAStandby(t *testing.T) {
	waits(t, warm).on(bedtime, Drained{Gen: 1}).end(1,
		report.Exit{}).on(standby.Ended{Gen: 2, Why: standby.Asked}).after(time.Hour).on(client).want(`
		1.000 command sleep
			stop standby 2, now false
			! 1 sleeps after 1m0s
			drain 1 unrelieved
		1.000 1 drained
			signal 1
		1.000 1 gone
			! 1 drained in 0s, busy false, killed false
		3601.000 a client waits
			start held 2 client
	`)
}
