package options

import "testing"

func TestNear(t *testing.T) {
	names := []string{"status", "stop", "reload", "why", "watch", "json", "ext", "env_file", "websocket", "drain_timeout", "node", "init"}
	for wrong, want := range map[string]string{
		"stauts": "status", "relod": "reload", "jsno": "json", "wacht": "watch", "drain-timout": "drain_timeout", "STATUS": "status", "intt": "init", "sotp": "stop",
		"env-flie": "env_file", "zzz": "", "npm": "", "sockets": "", "": "", "tsx": "",
	} {
		if got := Near(wrong, names); got != want {
			t.Errorf("%s: %q, want %q", wrong, got, want)
		}
	}
}
