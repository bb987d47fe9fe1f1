package proc

import (
	"os"
	"path/filepath"
	"testing"
)

func TestPressed(t *testing.T) {
	calm := "some avg10=49.99 avg60=99.00 avg300=99.00 total=9\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
	for name, c := range map[string]struct {
		cpu, memory string
		want        bool
	}{
		"calm":              {calm, "some avg10=9.99 avg60=0.00 avg300=0.00 total=0\n", false},
		"processors":        {"some avg10=50.00 avg60=0.00 avg300=0.00 total=0\n", "", true},
		"memory":            {calm, "some avg10=10.00 avg60=0.00 avg300=0.00 total=0\n", true},
		"nothing to read":   {"", "", false},
		"another statement": {"all avg10=99.00\n", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range map[string]string{"cpu": c.cpu, "memory": c.memory} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := pressed(dir); got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
	if pressed(t.TempDir()) {
		t.Error("a kernel without the information")
	}
}
