//go:build linux

package faults

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// manyListeners is how many a program opens and closes.
const manyListeners = 100

// listenerPoints are about a program that opens and closes listeners.
func listenerPoints() []point {
	return []point{
		{step: "serving", victim: theOld, fault: "opens and closes 100 listeners", run: closedListeners},
	}
}

// openAndClose listens at n addresses, at one after the other.
func openAndClose(n int) error {
	port, err := strconv.Atoi(os.Getenv(envPort))
	if err != nil {
		return err
	}
	for i := range n {
		l, err := net.Listen("tcp4", fmt.Sprintf("127.1.%d.%d:%d", i/250, 1+i%250, port))
		if err != nil {
			return err
		}
		if err := l.Close(); err != nil {
			return err
		}
	}
	return nil
}

// closedListeners swaps a program that has closed listeners. The addresses stay
// open, one descriptor each; a swap happens, its drain waits for none of hotswap's
// own connections, and afterwards there are as many descriptors as before.
func closedListeners(t *testing.T) *result {
	s := begin(t, setting{})
	pid := s.h.Cmd.Process.Pid
	most := len(s.before) + manyListeners + 8 // some are for a moment
	res, err := http.Get("http://127.0.0.1:" + s.port + "/listeners?n=" + strconv.Itoa(manyListeners))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("the program cannot open and close %d listeners: %s", manyListeners, res.Status)
	}
	testkit.Eventually(t, func() error {
		if n := len(descriptors(t, pid)); n > most {
			return fmt.Errorf("hotswap has %d descriptors, it had %d, and there were %d listeners", n, len(s.before), manyListeners)
		}
		return nil
	})
	s.swap()
	serving := s.h.Serving(2)
	drained := s.h.Drained(1)
	if took := drained.Time.Sub(serving.Time); drained.Killed || took > 30*time.Second {
		t.Errorf("the drain took %v, killed: %v", took, drained.Killed)
	}
	return s.endsWell()
}
