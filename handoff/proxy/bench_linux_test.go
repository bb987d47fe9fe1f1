package proxy

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// What a request costs without a proxy and with one: server, proxy and 16 clients in one process.
func BenchmarkRequest(b *testing.B) {
	p := testkit.Must(Listen(handoff.Endpoint{Network: "tcp4", Addr: testkit.FreeAddress(b, "127.0.0.1")}, Config{
		Free: func(int) bool { return true }, Own: func([]int) ([]handoff.Endpoint, []uint64, bool) { return nil, nil, false },
		Answers: func(netip.AddrPort) (uint64, bool) { return 0, false },
	}))(b)
	defer p.Close()
	testkit.Must(p.Prepare(&handoff.Launch{Gen: 1}))(b)
	port := p.sessions[1].port
	l := testkit.Must(net.Listen("tcp4", address(port)))(b)
	s := &http.Server{Handler: http.HandlerFunc(func(a http.ResponseWriter, q *http.Request) {
		n, _ := strconv.Atoi(q.URL.Query().Get("size"))
		_, _ = a.Write(make([]byte, n))
	})}
	go func() { _ = s.Serve(l) }()
	defer s.Close()
	p.sessions[1].place.Store(&place{at: reached(netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(port)))})
	p.found(p.sessions[1])
	p.Cutover(1)
	for _, size := range []int{100, 1 << 20} {
		for _, kept := range []bool{true, false} {
			for name, at := range map[string]string{"direct": address(port), "proxy": p.At().Addr.String()} {
				b.Run(fmt.Sprintf("%d bytes/kept %v/%s", size, kept, name), func(b *testing.B) {
					b.SetParallelism(8)
					before := processor()
					b.RunParallel(func(pb *testing.PB) { ask(b, pb.Next, at, size, kept) })
					b.ReportMetric(float64((processor()-before).Microseconds())/float64(b.N), "processor-µs/request")
					b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
				})
			}
		}
	}
}

// processor returns the time that this process has had a processor.
func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func ask(b *testing.B, next func() bool, at string, size int, kept bool) {
	var c net.Conn
	var in *bufio.Reader
	for next() {
		var err error
		if c == nil {
			if c, err = net.Dial("tcp", at); err != nil {
				b.Error(err)
				return
			}
			in = bufio.NewReaderSize(c, 64<<10)
		}
		_, _ = fmt.Fprintf(c, "GET /?size=%d HTTP/1.1\r\nHost: x\r\n\r\n", size)
		a, err := http.ReadResponse(in, nil)
		if err == nil {
			_, err = io.Copy(io.Discard, a.Body)
		}
		if err != nil {
			b.Error(err)
			return
		}
		if !kept {
			c.Close()
			c = nil
		}
	}
	if c != nil {
		c.Close()
	}
}
