package intercept

// network is a network namespace, by what is known of it. An address means
// something within one of them only: a listener in another is reached by none
// of our clients.
type network struct {
	cookie uint64 // SO_NETNS_COOKIE of a socket; 0: not known
	link   string // what /proc/TID/ns/net links to; "": not known
}

// same says whether two are the same one. Cookies are exact; a thread may have
// left the namespace in which it made the socket, so links come second.
func (a network) same(b network) (same, known bool) {
	switch {
	case a.cookie != 0 && b.cookie != 0:
		return a.cookie == b.cookie, true
	case a.link != "" && b.link != "":
		return a.link == b.link, true
	}
	return false, false
}
