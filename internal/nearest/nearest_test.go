package nearest

import "testing"

func TestHint(t *testing.T) {
	names := []string{"status", "stop", "reload", "port", "drain-timeout", "command", "watch", "strategy", "v"}
	for word, want := range map[string]string{
		"statsu": "status", "prot": "port", "drain-timout": "drain-timeout", "comand": "command", "relaod": "reload",
		"strategie": "strategy",
		"uvicorn":   "", "node": "", "x": "", "": "", "server.js": "",
	} {
		if want != "" {
			want = " (did you mean --" + want + "?)"
		}
		if got := Hint(word, names, "--"); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}
