package setup

import "testing"

func TestWorker(t *testing.T) {
	for command, want := range map[string]string{
		"celery -A proj worker -l INFO": "celery", "A=b python -m celery --app=worker worker": "celery", "poetry run celery -A worker worker": "celery",
		"celery -A worker beat": "", "celery -A proj worker -B": "", "celery -A proj": "", "celery worker -h | cat": "", "cd a && celery worker": "",
		"rq worker high": "rq", "rq info": "", "uv run dramatiq app": "dramatiq", "arq app.WorkerSettings": "arq", "python worker.py": "", "node worker.js": "",
	} {
		if got := worker(command); got != want {
			t.Errorf("%s: %q, want %q", command, got, want)
		}
	}
}
