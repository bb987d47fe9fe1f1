package testkit

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// Dial connects to an address: a path is that of a unix socket. The connection ends with the test, or after
// Patience.
func Dial(t testing.TB, address string) net.Conn {
	t.Helper()
	c, err := net.Dial(network(address), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(Patience))
	return c
}

// Reachable waits until somebody listens at an address.
func Reachable(t testing.TB, address string) {
	t.Helper()
	Eventually(t, func() error {
		c, err := net.Dial(network(address), address)
		if err == nil {
			c.Close()
		}
		return err
	})
}

// Client asks what listens at a unix socket, or, if socket is "", the host of each URL. Each request has a connection
// of its own.
func Client(socket string) *http.Client {
	transport := &http.Transport{DisableKeepAlives: true}
	if socket != "" {
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		}
	}
	return &http.Client{Timeout: Patience, Transport: transport}
}

// Get returns the body of an answer on a connection of its own.
func Get(url string) (string, error) {
	res, err := Client("").Get(url)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return string(b), err
}

func network(address string) string {
	if address != "" && address[0] == '/' {
		return "unix"
	}
	return "tcp"
}
