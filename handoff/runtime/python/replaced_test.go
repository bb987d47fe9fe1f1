package python

import (
	"strings"
	"testing"
)

func TestReplaced(t *testing.T) {
	for _, c := range []struct {
		argv, reported string
		want           bool
	}{
		{"/usr/bin/python3.11 -W server.py 4000", "server.py 4000", false},
		{"/usr/bin/python3.11 /usr/bin/flask run", "/usr/bin/flask run", false},
		{"python3 server.py", "/usr/bin/pipenv run python3 server.py", true},
		{"python3 other.py", "server.py", true},
		{"python3.9 -m uvicorn app:app", "-m app:app", false},
		{"[celeryd: celery@host:MainProcess]", "/usr/bin/celery worker", false},
		{"", "server.py", false},
	} {
		if got := replaced(strings.Fields(c.argv), strings.Fields(c.reported)); got != c.want {
			t.Errorf("%q, of which %q has reported: %v", c.argv, c.reported, got)
		}
	}
}
