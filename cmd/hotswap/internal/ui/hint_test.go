package ui

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func TestAdvice(t *testing.T) {
	const packages, low = "npm install",
		"only root may listen below port 1024: sudo sysctl net.ipv4.ip_unprivileged_port_start=81"
	for quote, want := range map[string]string{
		"Error: listen EACCES: permission denied 0.0.0.0:81":                                       low,
		"2026/01/02 12:30:01 listen tcp :81: bind: permission denied":                              low,
		"[Errno 13] error while attempting to bind on address ('0.0.0.0', 81): permission denied":  low,
		"Error: listen EACCES: permission denied /run/app.sock":                                    "",
		"bind: [Errno 13] Permission denied":                                                       "",
		"listen tcp 127.0.0.1:4733: bind: permission denied":                                       "",
		"Error: EACCES: permission denied, open '/etc/shadow' 12":                                  "",
		"Error: listen EADDRINUSE: address already in use :::81":                                   "",
		"sh: 1: tsx: not found":                                                                    packages,
		"Error: Cannot find module 'express'":                                                      packages,
		"Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'hono' imported from /app/src/index.ts": packages,
		"TypeError: x is not a function":                                                           "",
	} {
		var p Printer
		p.Install = func(error) string { return packages }
		got := p.advice(report.NoticeFailed{Result: report.Result{Post: report.PostMortem{Quote: quote}}})
		if got != want {
			t.Errorf("%s: %q", quote, got)
		}
	}
	denied := report.NoticeFailed{Result: report.Result{Post: report.PostMortem{Quote: "Error: Access", Last: []string{
		"Error: Access", "  resource: '/run/hotswap-node/node-c6cfa720864eb948/common.cjs'"}}}}
	if got := new(Printer).advice(denied); !strings.Contains(got, "allow /run/hotswap-node by --allow-fs-read") {
		t.Errorf("%q", got)
	}
	denied.Post.Last[1] = "  resource: '/app/node_modules/x/index.js'"
	if got := new(Printer).advice(denied); got != "" {
		t.Errorf("a file of the program: %q", got)
	}
	missing := report.NoticeFailed{Result: report.Result{Err: &proc.StartError{Argv: []string{"tsx"},
		Err: exec.ErrNotFound}}}
	for installs, want := range map[string]string{packages: packages, "": Hint(missing.Err)} {
		var p Printer
		p.Install = func(error) string { return installs }
		if got := p.advice(missing); got != want || got == "" {
			t.Errorf("%q", got)
		}
	}
	if got := Hint(fmt.Errorf("--listen 127.0.0.1:81: %w", errors.New("bind: permission denied"))); got != low {
		t.Errorf("%q", got)
	}
}
