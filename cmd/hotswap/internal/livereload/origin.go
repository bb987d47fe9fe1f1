package livereload

import (
	"net/netip"
	"net/url"
	"strings"
)

// trusted reports whether a page of this origin may connect: a page of this machine, an
// extension of the browser, or a program that is no browser and sends no origin. The name
// of any other host may lead to this machine too, but then its owner decides what such a
// page does.
func trusted(origin string) bool {
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return strings.HasSuffix(u.Scheme, "-extension") // chrome-, moz-, safari-web-extension
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	for _, name := range []string{"localhost", "test"} { // RFC 6761: nobody else can own these
		if host == name || strings.HasSuffix(host, "."+name) {
			return true
		}
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
