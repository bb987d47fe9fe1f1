package options

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/readiness"
)

// ReadyKind is what makes a generation ready.
type ReadyKind uint8

const (
	ReadyListen ReadyKind = iota // it listens
	ReadyNotify                  // it sends READY=1
	ReadyHTTP                    // a URL answers
	ReadyUnix                    // a unix socket accepts
	ReadyAfter                   // time has passed
	ReadyLog                     // a line of its output matches
)

// Ready is the value of --ready.
type Ready struct {
	Kind   ReadyKind
	Text   string         // as given
	URL    *url.URL       // ReadyHTTP
	Socket string         // ReadyUnix, and ReadyHTTP over a unix socket
	After  time.Duration  // ReadyAfter
	Line   *regexp.Regexp // ReadyLog
}

// Explicit reports whether a generation needs more than to listen to be ready.
func (r Ready) Explicit() bool { return r.Kind != ReadyListen }

// parseReady reads the value of --ready.
func parseReady(s string) (Ready, error) {
	r := Ready{Text: s}
	var err error
	word, rest, _ := strings.Cut(s, ":")
	switch {
	case s == "listen":
	case s == "notify":
		r.Kind = ReadyNotify
	case word == "after":
		r.Kind = ReadyAfter
		if r.After, err = time.ParseDuration(rest); err != nil || r.After <= 0 {
			return r, errors.New("give a time longer than 0, as in after:500ms or after:2s")
		}
	case word == "log":
		r.Kind = ReadyLog
		r.Line, err = parseReadyLog(rest)
	case word == "unix":
		r.Kind, r.Socket = ReadyUnix, rest
		err = checkSocket(rest)
	case word == "http" || word == "https":
		r.Kind = ReadyHTTP
		r.URL, r.Socket, err = parseReadyURL(s)
	default:
		err = errors.New("give listen, notify, http://127.0.0.1:4000/health, unix:/run/x.sock, log:REGEXP or after:2s")
	}
	return r, err
}

// parseReadyURL reads http://127.0.0.1:4000/health, or http://unix:/run/x.sock:/health
// in the form that nginx has.
func parseReadyURL(s string) (u *url.URL, socket string, err error) {
	scheme, rest, _ := strings.Cut(s, "://")
	if there, ok := strings.CutPrefix(rest, "unix:"); ok {
		var path string
		if socket, path, ok = strings.Cut(there, ":"); !ok || !strings.HasPrefix(path, "/") {
			return nil, "", errors.New("the socket's path ends with a colon, the URL's follows: http://unix:/run/x.sock:/health")
		}
		if err := checkSocket(socket); err != nil {
			return nil, "", err
		}
		s = scheme + "://localhost" + path
	}
	if u, err = url.Parse(s); err != nil {
		return nil, "", fmt.Errorf("not a URL: %w", errors.Unwrap(err))
	}
	if u.Opaque != "" || u.Host == "" {
		return nil, "", errors.New("not a URL: write http://127.0.0.1:4000/health")
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.ParseUint(p, 10, 16); err != nil || n == 0 {
			return nil, "", errors.New("the port is not a number from 1 to 65535")
		}
	}
	if host := u.Hostname(); !readiness.IsLocalhost(host) {
		if ip, err := netip.ParseAddr(host); err != nil || ip.Zone() != "" {
			return nil, "", fmt.Errorf("the host %q is neither an IP address nor localhost: it names what the program listens on", host)
		}
	}
	return u, socket, nil
}

// checkSocket checks the path of a unix socket: the address has room for 107 bytes
// (unix(7)).
func checkSocket(path string) error {
	switch {
	case path == "":
		return errors.New("the path of the socket is missing: write unix:/run/x.sock")
	case len(path) > 107:
		return errors.New("the path of the socket is longer than 107 bytes")
	case strings.ContainsRune(path, 0) || filepath.Clean(path) == ".":
		return errors.New("not the path of a socket")
	}
	return nil
}

// parseReadyLog compiles the pattern of log:REGEXP.
func parseReadyLog(pattern string) (*regexp.Regexp, error) {
	if pattern == "" {
		return nil, errors.New("give a pattern for a line of the program's output, as in log:Listening on")
	}
	re, err := regexp.Compile(pattern)
	var wrong *syntax.Error
	if errors.As(err, &wrong) {
		err = fmt.Errorf("not a pattern: %s: %q", wrong.Code, wrong.Expr)
	}
	return re, err
}
