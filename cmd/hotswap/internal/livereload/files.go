package livereload

import "github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"

// Tell tells the pages of the program that files of theirs have changed. It reports false if no page can be connected.
func (s *Server) Tell(what rule.Browser, files []string) bool {
	if s.Status() == nil {
		return false
	}
	if what == rule.BrowserReload {
		s.Reload()
		return true
	}
	for _, file := range files {
		s.CSS(file)
	}
	return true
}
