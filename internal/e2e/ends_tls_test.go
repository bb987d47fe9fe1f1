//go:build linux

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// writeCertificate writes a certificate that nobody has signed, with its key.
func writeCertificate(t *testing.T, file string) {
	t.Helper()
	key := testkit.Must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	c := x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	der := testkit.Must(x509.CreateCertificate(rand.Reader, &c, &c, key.Public(), key))(t)
	secret := testkit.Must(x509.MarshalPKCS8PrivateKey(key))(t)
	write(t, file, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))+
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
}

// secureClients ask again and again. Each has a connection of its own, which it keeps, or all
// share one, and every other one asks what takes a while.
type secureClients struct {
	t        *testing.T
	protocol string
	over     chan struct{}
	done     sync.WaitGroup

	mu       sync.Mutex // guards what follows
	cond     *sync.Cond
	versions map[int]int // answers by version
	failed   error       // the first
}

func beginSecure(t *testing.T, url, protocol string, clients int, shared bool) *secureClients {
	c := &secureClients{t: t, protocol: protocol, over: make(chan struct{}), versions: map[int]int{}}
	c.cond = sync.NewCond(&c.mu)
	var client *http.Client
	for i := range clients {
		if i == 0 || !shared {
			transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: protocol == "HTTP/2.0"}
			if !transport.ForceAttemptHTTP2 {
				transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
			}
			t.Cleanup(transport.CloseIdleConnections)
			client = &http.Client{Transport: transport, Timeout: patience}
		}
		client, url := client, url+"/ping"
		if shared && i%2 == 1 {
			url = strings.Replace(url, "/ping", "/slow?ms=300", 1)
		}
		c.done.Go(func() {
			for tick := time.NewTicker(pace); ; {
				select {
				case <-c.over:
					return
				case <-tick.C:
					c.ask(client, url)
				}
			}
		})
	}
	t.Cleanup(func() { close(c.over); c.done.Wait() })
	return c
}

func (c *secureClients) ask(client *http.Client, url string) {
	var answer struct{ Version int }
	resp, err := client.Get(url)
	if err == nil {
		err = json.NewDecoder(resp.Body).Decode(&answer)
		resp.Body.Close()
		if err == nil && resp.Proto != c.protocol {
			err = fmt.Errorf("answered by %s", resp.Proto)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil && c.failed == nil {
		c.failed = err
	}
	c.versions[answer.Version]++
	c.cond.Broadcast()
}

// answers waits for so many of a version, and demands that no request has failed.
func (c *secureClients) answers(version, n int) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !testkit.Await(c.cond, func() bool { return c.versions[version] >= n || c.failed != nil }) || c.failed != nil {
		c.t.Fatalf("%v; answers by version: %v", c.failed, c.versions)
	}
}

// Clients with TLS, by HTTP/1.1 and HTTP/2, are answered by the new version soon after each
// swap, and none of their requests fails, by HTTP/2 also where many wait on one connection.
func TestEndsBelowTLS(t *testing.T) {
	t.Parallel()
	for _, p := range endsPrograms {
		protocols := map[string][]string{"node": {"HTTP/1.1", "HTTP/2.0"}, "bun": {"HTTP/1.1"}, "go": {"HTTP/1.1", "HTTP/2.0"}}
		for _, protocol := range protocols[p.name] {
			t.Run(p.name+" "+protocol, func(t *testing.T) {
				spare(t, p.name != "node")
				t.Parallel()
				dir, port := p.project(t), freePort(t)
				file := filepath.Join(dir, "secret.pem")
				writeCertificate(t, file)
				h := start(t, options{
					dir: dir, env: []string{"PORT=" + port, "TLS=" + file}, args: []string{"--no-watch", "--probation", brief}, command: p.argv(p.command, port),
				})
				h.Serving(1)
				c := beginSecure(t, "https://127.0.0.1:"+port, protocol, 4, protocol == "HTTP/2.0")
				c.answers(1, 20)
				save(t, filepath.Join(dir, "version.json"), 2)
				h.signal(syscall.SIGHUP)
				h.Serving(2)
				h.drains(1)
				c.answers(2, 20)
			})
		}
	}
}
