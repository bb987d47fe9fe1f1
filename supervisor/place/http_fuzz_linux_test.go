package place

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// Whatever a client sends, it gets one answer that it can read, and what is stored can be a part of a line.
func FuzzHTTP(f *testing.F) {
	for _, text := range []string{
		"GET /v1/state/k HTTP/1.1\r\nHost: h\r\nIf-None-Match: W/\"1\", *\r\n\r\n",
		"GET /v1/state/a%2F//..?after=0&wait=1h HTTP/1.1\r\nHost: h\r\n\r\n",
		"PUT /v1/state/k?ttl=30s HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\nIf-Match: \"1\"\r\n\r\n{\"a\":\r\n1}",
		"PUT /v1/state/k HTTP/1.1\r\nHost: h\r\nContent-Type: application/octet-stream\r\nContent-Length: 3\r\nIf-None-Match: *\r\n\r\n\x00\xff\n",
		"PUT /v1/state/k HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n42\r\n0\r\n\r\n",
		"POST /v1/state/n?add=-9223372036854775808 HTTP/1.1\r\nHost: h\r\n\r\n",
		"DELETE /v1/state/k HTTP/1.1\r\nHost: h\r\nIf-Match: \"18446744073709551615\"\r\n\r\n",
		"GET /v1/state?prefix=%FF&limit=1&after=k HTTP/1.1\r\nHost: h\r\n\r\n",
		"HEAD /v1/place?not=starting&wait=1s HTTP/1.1\r\nHost: h\r\n\r\n",
		"POST /v1/extend?by=1ns HTTP/1.1\r\nHost: h\r\n\r\n", "POST /v1/ready HTTP/1.0\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
		"POST /v1/status HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n\x1b[2J",
	} {
		f.Add([]byte(text))
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel() // nobody waits
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
		if err != nil {
			t.Skip()
		}
		s := New(Config{Store: store.New(store.Limits{}), Ready: true})
		defer s.cfg.Store.Close()
		_, _ = s.cfg.Store.Set("k", store.Value{JSON: []byte("1")}, store.Write{})
		ses := s.newSession(3)
		reported := make(chan handoff.Event, 1)
		ses.report = func(ev handoff.Event) { reported <- ev }
		w := httptest.NewRecorder()
		ses.handler().ServeHTTP(w, r.WithContext(gone))

		switch body := w.Body.Bytes(); {
		case !slices.Contains([]int{200, 204, 304, 400, 404, 405, 409, 412, 413, 503, 507}, w.Code):
			t.Errorf("status %d", w.Code)
		case w.Code >= 400 && r.Method != http.MethodHead:
			var e struct{ Error, Code string }
			if json.Unmarshal(body, &e) != nil || e.Error == "" || e.Code == "" {
				t.Errorf("%d %q", w.Code, body)
			}
		case w.Code == 200 && w.Header().Get("Content-Type") == typeJSON && r.Method != http.MethodHead && !json.Valid(body):
			t.Errorf("not JSON: %q", body)
		}
		infos, _ := s.cfg.Store.List("", "", maxList)
		for _, info := range infos {
			item, _ := s.cfg.Store.Get(info.Key)
			v := item.Value
			if info.Key == "" || !utf8.ValidString(info.Key) || v.JSON == nil == (v.Bytes == nil) ||
				v.JSON != nil && (!json.Valid(v.JSON) || !utf8.Valid(v.JSON) || bytes.ContainsAny(v.JSON, "\r\n")) {
				t.Errorf("%q is stored as %q, %q", info.Key, v.JSON, v.Bytes)
			}
		}
		if strings.HasPrefix(r.URL.Path, "/v1/status") && w.Code == 204 && r.ContentLength > 0 {
			select {
			case <-reported:
			case <-time.After(waitBound):
				t.Error("the text was not reported")
			}
		}
	})
}
