// Command http3 serves HTTP/3 on $PORT with a certificate that nobody knows or, with an argument, asks there until its
// input ends.
package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

func main() {
	log.SetFlags(0)
	at := "127.0.0.1:" + os.Getenv("PORT")
	if len(os.Args) > 1 {
		ask("https://" + at + "/")
		return
	}
	stop, end := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer end()
	conn, err := net.ListenPacket("udp4", at)
	if err != nil {
		log.Fatal(err)
	}
	t := &quic.Transport{Conn: conn}
	if os.Getenv("RESETS") != "" { // each generation has the same key, so a client believes the next one
		t.StatelessResetKey = new(quic.StatelessResetKey)
	}
	l, err := t.ListenEarly(http3.ConfigureTLSConfig(&tls.Config{Certificates: []tls.Certificate{certificate()}}), nil)
	if err != nil {
		log.Fatal(err)
	}
	s := &http3.Server{Handler: http.HandlerFunc(answer)}
	go func() {
		<-stop.Done()
		_ = s.Close()
	}()
	if err := s.ServeListener(l); stop.Err() == nil {
		log.Fatal(err)
	}
}

func answer(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(w, os.Getenv("HOTSWAP_GENERATION"))
}

func certificate() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		log.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
}

// ask prints "fresh GENERATION" for each request on a connection of its own, and "kept GENERATION" on one that lasts until
// it fails. A request without an answer is repeated on a new connection: "again fresh" or "again kept".
func ask(url string) {
	var clients sync.WaitGroup
	over := make(chan struct{})
	for _, kind := range []string{"fresh", "kept"} {
		clients.Go(func() {
			t := transport()
			for {
				select {
				case <-over:
					return
				case <-time.After(10 * time.Millisecond):
				}
				gen, err := get(t, url)
				if err != nil || kind == "fresh" {
					_ = t.Close()
					t = transport()
				}
				if err != nil {
					fmt.Println("again", kind)
					continue
				}
				fmt.Println(kind, gen)
			}
		})
	}
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	close(over)
	clients.Wait()
}

func transport() *http3.Transport {
	return &http3.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, QUICConfig: &quic.Config{MaxIdleTimeout: time.Second, HandshakeIdleTimeout: time.Second}}
}

func get(t *http3.Transport, url string) (gen string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	res, err := t.RoundTrip(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return string(b), err
}
