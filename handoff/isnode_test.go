package handoff

import "testing"

func TestIsNode(t *testing.T) {
	for name, want := range map[string]bool{
		"node": true, "nodejs": true, "node-22": true, "node22": true, "nodejs20": true, "node-v22.1.0": true, "node-18.20": true, "node (deleted)": true,
		"node_exporter": false, "nodemon": false, "node-": false, "node-gyp": false, "bun": false, "deno": false, "": false,
		"mynode": false, "node.js": false, "node-22-alpine": false, "nodeos": false,
	} {
		if IsNode(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}
