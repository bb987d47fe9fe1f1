//go:build linux

package faults

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// adapterPoints are about the connections of Node's adapters to hotswap.
func adapterPoints() []point {
	return []point{
		{step: "serving", victim: theBoss, fault: "EMFILE as an adapter connects", run: noDescriptorForAnAdapter},
	}
}

// stepOrdered: an order of hotswap's has come to the program's adapter.
const stepOrdered = "ordered"

// adapter connects to hotswap as Node's adapter does, answers when it is in hotswap's
// queue, and announces the first order.
func (p *server) adapter(w http.ResponseWriter, _ *http.Request) {
	conn, err := net.Dial("unix", os.Getenv("HOTSWAP_NODE"))
	if err == nil {
		_, err = fmt.Fprintf(conn, `{"type":"hello","version":1,"pid":%d}`+"\n"+`{"type":"listening","port":1}`+"\n", p.pid)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	go func() {
		defer conn.Close()
		if bufio.NewScanner(conn).Scan() {
			p.announce(stepOrdered)
		}
	}()
	fmt.Fprint(w, "connected")
}

// noDescriptorForAnAdapter: hotswap has no descriptor for the connection. When it has
// one again the adapter is heard, and told to drain.
func noDescriptorForAnAdapter(t *testing.T) *result {
	s := begin(t, setting{})
	pid := s.h.Cmd.Process.Pid
	var was unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &was); err != nil {
		t.Fatal(err)
	}
	// The limit is on numbers, and the standard streams have those below: none is left,
	// whatever hotswap closes meanwhile.
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3, Max: was.Max}, nil); err != nil {
		t.Fatal(err)
	}
	res, err := http.Get("http://127.0.0.1:" + s.port + "/adapter")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("the adapter: %s", res.Status)
	}
	seen := len(s.h.Lines())
	s.swap() // fails, and later than the connection came
	s.h.After(seen, "a swap that fails", func(l e2etest.Line) bool { return l.Event == "failed" })
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &was, nil); err != nil {
		t.Fatal(err)
	}
	ordered := s.control.hold(1, stepOrdered)
	s.swap()
	ordered.wait()
	ordered.release()
	s.swapsAgain()
	s.leaves()
	return s.result
}
