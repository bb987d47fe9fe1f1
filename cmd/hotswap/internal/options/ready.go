package options

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/readiness"
)

type ReadyKind uint8

const (
	ReadyListen ReadyKind = iota // it listens
	ReadyNotify                  // it sends READY=1
	ReadyHTTP                    // a URL answers
	ReadyLog                     // a line of its output matches
	ReadyStart                   // it runs
)

type Ready struct {
	Kind ReadyKind
	Text string         // as given
	URL  *url.URL       // ReadyHTTP
	Line *regexp.Regexp // ReadyLog
}

func parseReady(s string) (Ready, error) {
	r := Ready{Text: s}
	var err error
	word, rest, _ := strings.Cut(s, ":")
	switch {
	case s == "listen":
	case s == "notify":
		r.Kind = ReadyNotify
	case s == "start":
		r.Kind = ReadyStart
	case word == "log":
		r.Kind = ReadyLog
		r.Line, err = parseReadyLog(rest)
	case word == "http" || word == "https":
		r.Kind = ReadyHTTP
		r.URL, err = parseReadyURL(s)
	default:
		err = errors.New("give listen, start, notify, http://127.0.0.1:4000/health or log:REGEXP")
	}
	return r, err
}

func parseReadyURL(s string) (u *url.URL, err error) {
	u, err = url.Parse(s)
	if err != nil {
		return nil, fmt.Errorf("not a URL: %w", errors.Unwrap(err))
	}
	if u.Opaque != "" || u.Host == "" {
		return nil, errors.New("not a URL: write http://127.0.0.1:4000/health")
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.ParseUint(p, 10, 16); err != nil || n == 0 {
			return nil, errors.New("the port is not a number from 1 to 65535")
		}
	}
	if host := u.Hostname(); !readiness.IsLocalhost(host) {
		if ip, err := netip.ParseAddr(host); err != nil || ip.Zone() != "" {
			return nil,
				fmt.Errorf("the host %q is neither an IP address nor localhost: it names what the program listens on",
					host)
		}
	}
	return u, nil
}

func parseReadyLog(pattern string) (*regexp.Regexp, error) {
	if pattern == "" {
		return nil, errors.New("give a pattern for a line of the program's output, as in log:Listening on")
	}
	re, err := regexp.Compile(pattern)
	if wrong, is := errors.AsType[*syntax.Error](err); is {
		err = fmt.Errorf("not a pattern: %s: %q", wrong.Code, wrong.Expr)
	}
	return re, err
}
