//go:build linux

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/http"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// writeCertificate writes a certificate that nobody has signed, with its key.
func writeCertificate(t *testing.T, file string) {
	t.Helper()
	key := testkit.Must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	c := x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost"}}
	der := testkit.Must(x509.CreateCertificate(rand.Reader, &c, &c, key.Public(), key))(t)
	secret := testkit.Must(x509.MarshalPKCS8PrivateKey(key))(t)
	write(t, file, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))+
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
}

// A client that keeps a connection below TLS is answered by the new version soon after a swap, and none of its requests
// fails.
func TestEndsBelowTLS(t *testing.T) {
	t.Parallel()
	p := endsPrograms[0] // of Node
	dir, port := p.project(t), freePort(t)
	file := filepath.Join(dir, "secret.pem")
	writeCertificate(t, file)
	h := start(t, options{
		dir: dir, env: []string{"PORT=" + port, "TLS=" + file}, args: []string{"--no-watch", "--probation", brief},
		command: p.argv(p.command, port),
	})
	h.Serving(1)
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}}
	t.Cleanup(transport.CloseIdleConnections)
	kept, url := &http.Client{Transport: transport, Timeout: patience}, "https://127.0.0.1:"+port+"/ping"
	end := askAlways(t, func() (pong, error) { return pingedBy(kept, url) })
	answered(t, kept, url, 1)
	save(t, filepath.Join(dir, "version.json"), 2)
	h.signal(syscall.SIGHUP)
	h.Serving(2)
	h.drains(1)
	answered(t, kept, url, 2)
	end()
}
