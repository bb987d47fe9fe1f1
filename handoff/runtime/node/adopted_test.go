package node

import (
	"os/exec"
	"testing"
)

// What the program gets of a WebSocket that has moved is its state alone.
func TestAdoptedShowsTheStateAlone(t *testing.T) {
	path, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no Node here")
	}
	const script = `const { Adoption } = require('../js/websocket/adopt.cjs')
const { adopted } = new Adoption({ load: { state: 1 } }, null, () => {})
adopted.stream = {}
process.stdout.write(JSON.stringify(adopted))`
	out, err := exec.CommandContext(t.Context(), path, "-e", script).CombinedOutput()
	if err != nil || string(out) != `{"state":1}` {
		t.Errorf("%s, %v", out, err)
	}
}
