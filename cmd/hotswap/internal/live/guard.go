package live

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"

	"github.com/hotswap-dev/hotswap/internal/web"
)

// header is what the page sends with a command. A page of another site would have to ask for permission first
// (a preflight of CORS), and a form cannot send it.
const header = "Hotswap-Page"

// guarded lets only those ask who may, and says why others may not.
func (p *Page) guarded(handle http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		local, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
		at := url.URL{Host: r.Host}
		why := ""
		switch {
		case local == nil || !web.OwnHost(r.Host) && at.Hostname() != local.IP.String():
			why = "open this page by localhost or by the IP address"
		case foreign(r):
			why = "this is for the page of hotswap itself"
		case p.Token == "" && !sameUser(r):
			why = "this is for the user that hotswap runs as"
		case p.Token != "" && subtle.ConstantTimeCompare([]byte(r.URL.Query().Get("token")), []byte(p.Token)) != 1:
			why = "the address needs the token that hotswap status prints"
		}
		if why != "" {
			http.Error(w, why, http.StatusForbidden)
			return
		}
		handle(w, r)
	}
}

// foreign reports whether a request may be of another page.
func foreign(r *http.Request) bool {
	origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
	if r.Method == http.MethodPost && (origin == "" || r.Header.Get(header) == "") {
		return true
	}
	if r.URL.Path == "/" { // a link to the page may be anywhere
		return origin != ""
	}
	return origin != "" && origin != "http://"+r.Host || site != "" && site != "same-origin" && site != "none"
}
