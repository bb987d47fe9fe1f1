//go:build linux

package faults

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// manyBinds is how often a program binds and closes again.
const manyBinds = 2000

const stepBinds = "binds" // it has done so for a tenth of the times

// bindPoints are about a program that binds very often.
func bindPoints() []point {
	return []point{{step: "serving", victim: theOld, fault: "binds 2,000 times, and is swapped meanwhile", run: bindsOften}}
}

// paces are the quickest of the first and of the last hundred binds: the others may have waited for a processor.
type paces struct{ First, Last time.Duration }

// bindAndClose binds one address n times on as many sockets.
func (p *server) bindAndClose(n, port int) (paces, error) {
	var took []time.Duration
	for i := range n {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return paces{}, err
		}
		began := time.Now()
		err = unix.Bind(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
		took = append(took, time.Since(began))
		_ = unix.Close(fd)
		if err != nil {
			return paces{}, err
		}
		if i == n/10 {
			p.announce(stepBinds)
		}
	}
	return paces{slices.Min(took[:100]), slices.Min(took[n-100:])}, nil
}

// binds answers GET /binds?n=N&port=P.
func (p *server) binds(w http.ResponseWriter, r *http.Request) {
	n, _ := strconv.Atoi(r.FormValue("n"))
	port, _ := strconv.Atoi(r.FormValue("port"))
	got, err := p.bindAndClose(n, port)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_ = json.NewEncoder(w).Encode(got)
}

// bindsOften: a bind stays as quick as the first ones were, and a swap does not
// wait for those of the old program.
func bindsOften(t *testing.T) *result {
	// Two thousand binds take long on a busy machine, and are one request.
	s := begin(t, setting{args: []string{"--drain-timeout", "60s"}})
	type answer struct {
		paces
		err error
	}
	answers := make(chan answer, 1)
	go func() {
		c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: testkit.Patience}
		res, err := c.Get("http://127.0.0.1:" + s.port + "/binds?n=" + strconv.Itoa(manyBinds) + "&port=" + testkit.FreePort(t))
		var a answer
		if a.err = err; err == nil {
			a.err = json.NewDecoder(res.Body).Decode(&a.paces)
			res.Body.Close()
		}
		answers <- a
	}()
	s.control.came(1, stepBinds)
	s.swap()
	s.h.Serving(2)
	a := <-answers
	if a.err != nil {
		t.Fatal(a.err)
	}
	t.Logf("a bind took %v, after %d of them %v", a.First, manyBinds, a.Last)
	if a.Last > 5*a.First+5*time.Millisecond {
		t.Errorf("a bind took %v, after %d of them %v", a.First, manyBinds, a.Last)
	}
	s.h.Drained(1)
	s.swapsAgain()
	s.leaves()
	return s.result
}
