package ui

import (
	"cmp"
	"errors"
	"os/exec"
	"strings"
	"syscall"

	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch"
)

// The words of a program of which packages are missing, and of one that may not have a port.
var (
	notInstalled = lazy.Pattern(`not found$|Cannot find (module|package)`)
	mayNotListen = lazy.Pattern(`(?i)(listen|bind).*(EACCES|permission denied)`)
	isTaken      = lazy.Pattern(`(?i)(EADDRINUSE|address already in use|Errno 98|Errno 48)`)
	// the last one, and no part of an address or of [Errno 13]
	lowPort = lazy.Pattern(`.*[: ](\d{1,3})([^\w.\]]|\.?$)`)
	// what node --permission has refused: a file of the adapter
	adapterFile = lazy.Pattern(`(?m)^\s*resource: '(/.+)/node-[0-9a-f]{16}/`)
)

// advice returns in one line what to do about a failure, or "".
func (p *Printer) advice(n report.NoticeFailed) string {
	install := ""
	if p.Install != nil && (errors.Is(n.Err, exec.ErrNotFound) || notInstalled().MatchString(n.Post.Quote)) {
		install = p.Install(n.Err)
	}
	return cmp.Or(install, privileged(n.Post.Quote), p.taken(n.Post.Quote), unreadable(n.Post.Last), Hint(n.Err))
}

// taken returns what to do where a program wants the address of its proxy.
func (p *Printer) taken(text string) string {
	if at := p.Proxy.Short(); p.Proxy.Port() != 0 && isTaken().MatchString(text) &&
		strings.Contains(text, at[strings.LastIndexByte(at, ':'):]) {
		return at + " is hotswap's (--proxy): have the program listen at the port in its variable PORT"
	}
	return ""
}

// privileged returns what to do where an ordinary user may not listen on a port.
func privileged(text string) string {
	if port := lowPort().FindStringSubmatch(text); port != nil && mayNotListen().MatchString(text) {
		return "only root may listen below port 1024: sudo sysctl net.ipv4.ip_unprivileged_port_start=" + port[1]
	}
	return ""
}

// unreadable returns what to do where a program may not read hotswap's adapter.
func unreadable(stderr []string) string {
	if m := adapterFile().FindStringSubmatch(strings.Join(stderr, "\n")); m != nil {
		return "it may not read hotswap's adapter: allow " + m[1] + " by --allow-fs-read, or give hotswap --no-adapter"
	}
	return ""
}

// Hints returns what to do about an error of hotswap itself, and about a command that watches files; "": nothing.
func Hints(err error, install func(error) string, advise func(command []string) string) []string {
	hint, watcher := Hint(err), ""
	if start := new(proc.StartError); errors.As(err, &start) && errors.Is(err, exec.ErrNotFound) &&
		!strings.HasPrefix(start.Argv[0], "-") {
		hint, watcher = cmp.Or(install(err), hint), advise(start.Argv)
	}
	return []string{hint, watcher}
}

// Hint returns in one line what to do about an error, or "".
func Hint(err error) string {
	var limit *watch.LimitError
	var start *proc.StartError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &limit):
		return "raise " + limit.Limit + ": sudo sysctl " + limit.Limit + "=524288"
	case errors.Is(err, syscall.EADDRINUSE):
		return "end that program, or choose another address"
	case !errors.As(err, &start):
		return privileged(err.Error())
	case strings.HasPrefix(start.Argv[0], "-"):
		return "put hotswap's own options before --"
	case errors.Is(err, syscall.ENOENT) && strings.Contains(start.Argv[0], "/"):
		return "check the path: it is relative to the directory in which hotswap was started"
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, syscall.ENOENT):
		return "check that it is installed and in PATH; for a tool of a virtual environment: hotswap -- .venv/bin/…"
	case errors.Is(err, syscall.EACCES):
		return "make it executable: chmod +x"
	case errors.Is(err, syscall.ENOEXEC):
		return "it is not a program for this machine, or it is a script without a first line such as #!/bin/sh"
	}
	return ""
}
