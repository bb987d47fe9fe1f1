package ui

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Port prints the port that the program is told. taken is the folder's own one, if another program has that now; else
// 0. unknown says why the port is not remembered.
func (p *Printer) Port(port, taken int, unknown error) {
	p.info("port", "port", port).Msgf("PORT is %d: a program that reads it serves %s", port, local(strconv.Itoa(port)))
	p.forgets(port, unknown)
	if taken == 0 {
		return
	}
	at := handoff.Endpoint{Addr: netip.AddrPortFrom(netip.Addr{}, uint16(taken))}
	p.about(levelWarn, "port-taken", at, "another hotswap", func(who string) string {
		return fmt.Sprintf("port %d of this folder is in use by %s: this time PORT is %d", taken, who, port)
	}, "port", taken, "instead", port)
}

// InCode prints at which number a port of the program's code is. unknown says why the number is not remembered.
func (p *Printer) InCode(code, number int, unknown error) {
	p.info("port-in-code", "code", code, "port", number).Msgf("%d in the code is %s here", code,
		local(strconv.Itoa(number)))
	p.forgets(number, unknown)
}

// OnlyPort prints that this hotswap leaves a port in the program's code as it is. One below another hotswap has that
// one intercept.
func (p *Printer) OnlyPort(below bool) {
	text := "only the program's PORT is this folder's: a port in the code stays as it is where nothing is intercepted"
	if below {
		text = "PORT is this folder's; the hotswap above this one decides what a port in the code is"
	}
	p.info("only-port").Msg(text)
}

func (p *Printer) forgets(port int, unknown error) {
	if unknown != nil {
		p.warn("port-forgotten", "port", port, "error", unknown).
			Msgf("this folder may get another port next time: %v", unknown)
	}
}

func (p *Printer) Admin(url string) { p.info("admin", "url", url).Msgf("metrics at %s", url) }

func (p *Printer) LivePage(url string) { p.info("live-page", "url", url).Msgf("live page %s", url) }

// URL returns where people reach the program: at the port that it was told, unless it serves only others, or at a path;
// "": nowhere.
func URL(st report.Status) string {
	url, path, told := "", "", strconv.Itoa(st.Port)
	for _, e := range st.Endpoints {
		if e.Network == "unix" {
			path = cmp.Or(path, "unix:"+e.Address)
		}
		at, err := netip.ParseAddrPort(e.Address)
		if err != nil || e.Debugger || strings.HasPrefix(e.Network, "udp") {
			continue
		}
		host, number := at.Addr().WithZone("").String(), strconv.Itoa(int(at.Port()))
		if at.Addr().IsUnspecified() || host == "127.0.0.1" {
			host = "localhost"
		}
		if url == "" || number == told && url != local(told) || host == "localhost" && url == loopback6+number {
			url = "http://" + net.JoinHostPort(host, number)
		}
	}
	if url == "" && st.Port != 0 {
		return local(told)
	}
	return cmp.Or(url, path)
}

func local(port string) string { return "http://localhost:" + port }

// loopback6 leads to a program that serves ::1 alone also where localhost is only an address of IPv4.
const loopback6 = "http://[::1]:"

// Named returns the URL with the folder's name before localhost, which browsers take for this machine (RFC 6761,
// section 6.3). Other characters than letters and digits are hyphens there, and a label has at most 63 (RFC 1035,
// section 2.3.4).
func Named(url, dir string) (string, error) {
	label := notInLabel().ReplaceAllString(strings.ToLower(filepath.Base(dir)), "-")
	label = strings.Trim(label[:min(len(label), 63)], "-")
	port, ok := strings.CutPrefix(strings.Replace(url, loopback6, local(""), 1), local(""))
	if !ok || label == "" {
		return "",
			fmt.Errorf(
				"%s in %s has no name: the program must serve a local address, and the folder's name have a letter or digit", url, dir)
	}
	return "http://" + label + ".localhost:" + port, nil
}

var notInLabel = lazy.Pattern("[^a-z0-9]+")

func (p *Printer) LiveReload(url string) {
	p.info("livereload", "url", url).Msgf("pages with %s reload by themselves", url)
}

func (p *Printer) LiveReloaded(pages int, sheet string) {
	what := "reload"
	if sheet != "" {
		what = "replace " + sheet
	}
	p.debug("livereload-told", "pages", pages, "sheet", sheet).
		Msgf("%s told: %s", human.Count(pages, "page"), what)
}

func (p *Printer) LiveReloadUnavailable(at handoff.Endpoint, err error) {
	p.about(levelWarn, "livereload-unavailable", at, "", func(who string) string {
		why := err.Error()
		if who != "" {
			why = fmt.Sprintf("%s is in use by %s", at.Short(), who)
		}
		return "pages do not reload: " + why + "; end what has the port"
	}, "port", at.Port(), "error", err)
}
