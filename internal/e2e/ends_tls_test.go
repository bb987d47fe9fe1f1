//go:build linux

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
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

// beginSecure begins clients that ask again and again, and returns what waits for answers of a version on each. By HTTP/1.1
// each client has a connection of its own, which it keeps; by HTTP/2 all share one, and every other one asks what takes a while.
func beginSecure(t *testing.T, url, protocol string) (answers func(version int)) {
	t.Helper()
	const clients, enough = 4, 5
	var newest [clients]struct{ version, answers atomic.Int64 }
	var client *http.Client
	var done sync.WaitGroup
	over, shared := make(chan struct{}), protocol == "HTTP/2.0"
	for i := range clients {
		if i == 0 || !shared {
			transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: shared}
			if !shared {
				transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
			}
			t.Cleanup(transport.CloseIdleConnections)
			client = &http.Client{Transport: transport, Timeout: patience}
		}
		client, url := client, url+"/ping"
		if shared && i%2 == 1 {
			url = strings.Replace(url, "/ping", "/slow?ms=300", 1)
		}
		if res := testkit.Must(client.Get(url))(t); res.Proto != protocol || res.Body.Close() != nil {
			t.Errorf("answered by %s", res.Proto)
		}
		done.Go(func() {
			for tick := time.NewTicker(pace); ; {
				select {
				case <-over:
					return
				case <-tick.C:
				}
				p, err := pingedBy(client, url)
				if err != nil {
					t.Errorf("a request failed: %v", err)
					return
				}
				if newest[i].version.Swap(int64(p.Version)) != int64(p.Version) {
					newest[i].answers.Store(0)
				}
				newest[i].answers.Add(1)
			}
		})
	}
	t.Cleanup(func() { close(over); done.Wait() })
	return func(version int) {
		t.Helper()
		testkit.Eventually(t, func() error {
			for i := range newest {
				if at := newest[i].version.Load(); at != int64(version) || newest[i].answers.Load() < enough {
					return fmt.Errorf("client %d has its answers from version %d", i, at)
				}
			}
			return nil
		})
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
				answers := beginSecure(t, "https://127.0.0.1:"+port, protocol)
				answers(1)
				save(t, filepath.Join(dir, "version.json"), 2)
				h.signal(syscall.SIGHUP)
				h.Serving(2)
				h.drains(1)
				answers(2)
			})
		}
	}
}
