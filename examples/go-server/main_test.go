package main

import (
	"io"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
)

func TestAnswers(t *testing.T) {
	pid := strconv.Itoa(os.Getpid())
	for _, test := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/ping", "", 200, `{"pid":` + pid + `,"pong":true,"version":7}`},
		{"GET", "/slow?ms=1", "", 200, `{"pid":` + pid + `,"pong":true,"version":7}`},
		{"POST", "/echo", `say "it"`, 200, `{"echo":"say \"it\"","pid":` + pid + `,"version":7}`},
		{"POST", "/echo", strings.Repeat("x", 1<<20+1), 400, "http: request body too large"},
		{"GET", "/other", "", 404, "404 page not found"},
	} {
		w := httptest.NewRecorder()
		handler(7).ServeHTTP(w, httptest.NewRequest(test.method, test.path, strings.NewReader(test.body)))
		got, _ := io.ReadAll(w.Result().Body)
		if w.Code != test.status || strings.TrimSpace(string(got)) != test.want {
			t.Errorf("%s %s: %d %s, want %d %s", test.method, test.path, w.Code, got, test.status, test.want)
		}
	}
}
