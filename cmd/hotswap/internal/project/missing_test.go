package project

import (
	"strings"
	"testing"
)

func TestScriptOf(t *testing.T) {
	for command, want := range map[string]string{
		"npm run dev": "dev", "/usr/bin/npm run dev -- --port 1": "dev", "yarn run-script dev": "dev",
		"npm run dev -w api": "", "npm run --if-present dev": "", "npm run start": "", "yarn run api:dev": "", "bun run a.ts": "",
		"npm start": "", "node run dev": "", "npm run": "",
	} {
		if got := scriptOf(strings.Fields(command)); got != want {
			t.Errorf("%s: %q, want %q", command, got, want)
		}
	}
}
