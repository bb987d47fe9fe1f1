//go:build unix

package fresh

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// Hammer asks by 8 clients without pause on kept connections for a while, and returns how many requests a second
// were answered.
func Hammer(port string, d time.Duration) (float64, error) {
	var clients sync.WaitGroup
	counts, errs := make([]int, 8), make([]error, 8)
	begun := time.Now()
	for i := range counts {
		clients.Go(func() { counts[i], errs[i] = strike(port, begun.Add(d)) })
	}
	clients.Wait()
	n := 0
	for _, c := range counts {
		n += c
	}
	return float64(n) / time.Since(begun).Seconds(), errors.Join(errs...)
}

// strike is one client of hammer.
func strike(port string, end time.Time) (n int, err error) {
	c, err := net.Dial("tcp4", "127.0.0.1:"+port)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	request := []byte("GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
	for r := bufio.NewReader(c); time.Now().Before(end); n++ {
		if _, err := c.Write(request); err != nil {
			return n, err
		}
		answer, err := http.ReadResponse(r, nil)
		if err != nil {
			return n, err
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			return n, err
		}
	}
	return n, nil
}
