package proxy

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// buffers are what a ReverseProxy copies by.
type buffers chan []byte

func (b buffers) Get() []byte  { return <-b }
func (b buffers) Put(t []byte) { b <- t }

// What a request costs without a proxy, with this one and with that of net/http: server, proxy and 16 clients in one
// process.
func BenchmarkRequest(b *testing.B) {
	w := newWorld(b)
	g := w.serves(1)
	s := &http.Server{Handler: http.HandlerFunc(func(a http.ResponseWriter, q *http.Request) {
		n, _ := strconv.Atoi(q.URL.Query().Get("size"))
		_, _ = a.Write(make([]byte, n))
	})}
	go func() { _ = s.Serve(g.l) }()
	defer s.Close()
	free := make(buffers, 16)
	for range cap(free) {
		free <- make([]byte, 32<<10)
	}
	to := testkit.Must(url.Parse("http://" + address(g.port)))(b)
	reverse := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(q *httputil.ProxyRequest) { q.SetURL(to) }, BufferPool: free,
		Transport: &http.Transport{MaxIdleConnsPerHost: 16, DisableCompression: true},
	})
	defer reverse.Close()
	for _, size := range []int{100, 1 << 20} {
		for _, kept := range []bool{true, false} {
			for name, at := range map[string]string{"direct": address(g.port), "proxy": w.proxy.at.Addr.String(),
				"ReverseProxy": reverse.Listener.Addr().String()} {
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
			c, err = net.Dial("tcp", at)
			if err != nil {
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
