package portless

import (
	"fmt"
	"testing"
	"testing/fstest"
)

func TestNamesServer(t *testing.T) {
	for name, c := range map[string]struct {
		command, file, text string
		want                bool
	}{
		"nothing":               {"node worker.js", "worker.js", "queue.take(job => job.run())", false},
		"the command":           {"python3 manage.py runserver", "a.py", "", true},
		"a port of the command": {"sh run.sh --port 80", "run.sh", "", true},
		"Node":                  {"node a.js", "src/a.js", "setTimeout(() => app.listen(3000), 8000)", true},
		"Go":                    {"./a", "main.go", "http.ListenAndServe(addr, nil)", true},
		"Python":                {"python a.py", "a.py", "HTTPServer(('', 80), H).serve_forever()", true},
		"no extension":          {"sh a", "a", "exec my-server", true},
		"prose":                 {"node a.js", "README.md", "It listens on a port.", false},
		"a package":             {"node a.js", "node_modules/a/a.js", "server.listen()", false},
		"hidden":                {"node a.js", ".git/a", "server.listen()", false},
	} {
		if got := namesServer(fstest.MapFS{c.file: {Data: []byte(c.text)}}, []string{c.command}); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	files := fstest.MapFS{}
	for i := range mostFiles + 1 {
		files[fmt.Sprint(i)] = &fstest.MapFile{}
	}
	if !namesServer(files, nil) {
		t.Error("too many files to read name no server")
	}
	if !namesServer(fstest.MapFS{"disk.img": {Data: make([]byte, mostBytes+1)}}, nil) {
		t.Error("a file that is too large to read names no server")
	}
}
