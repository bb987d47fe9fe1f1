package engine

import (
	"net"
	"os"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Of four clients, the program has accepted three.
func TestConnectionsOfWhatServes(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	testkit.NoError(t, err)
	defer l.Close()
	for i := range 4 {
		c, err := net.Dial("tcp4", l.Addr().String())
		testkit.NoError(t, err)
		defer c.Close()
		if i < 3 {
			c, err = l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
		}
	}
	at, err := handoff.ParseEndpoint(l.Addr().String())
	testkit.NoError(t, err)
	shared := []report.GenerationStatus{{ID: 1, Connections: 1}, {ID: 2, PID: os.Getpid()}}
	st := report.Status{Generation: 2, Generations: shared,
		Lives: []report.Life{{Gen: 2, Serves: []handoff.Endpoint{at}}}}
	var c connectionCount
	c.complete(&st)
	if st.Generations[1].Connections != 3 || st.Generations[0].Connections != 1 || shared[1].Connections != 0 {
		t.Errorf("%+v, shared %+v", st.Generations, shared)
	}
	// Readers that ask again at once share a count, whatever has ended meanwhile. The next generation has its own.
	st.Generations[1].Connections = 0
	st.Lives[0].Serves = nil
	c.complete(&st)
	if st.Generations[1].Connections != 3 {
		t.Errorf("asked again at once: %+v", st.Generations)
	}
	next := report.Status{Generation: 3, Generations: []report.GenerationStatus{{ID: 3, PID: os.Getpid()}}}
	c.complete(&next)
	if next.Generations[0].Connections != 0 {
		t.Errorf("the next generation: %+v", next.Generations)
	}
}
