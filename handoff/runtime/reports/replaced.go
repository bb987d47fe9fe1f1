package reports

import (
	"path/filepath"
	"slices"
)

// Replaced reports whether a process runs another program than the one that has reported its arguments: execve(2)
// keeps the process, and what it begins has no adapter (os.execv). argv is the process's, as the kernel has it; a process
// that has given itself a title (celery) does not begin with the runtime's name.
func Replaced(argv, reported []string, runtime func(name string) bool) bool {
	if len(argv) == 0 || !runtime(filepath.Base(argv[0])) {
		return false
	}
	if len(reported) > 0 && (reported[0] == "-m" || reported[0] == "-c") { // by Python 3.9, without the module or the code
		reported = reported[1:]
	}
	before := len(argv) - len(reported)
	return before < 0 || !slices.Equal(argv[before:], reported)
}
