package loaded

import "fmt"

// Process is a process of a generation.
type Process struct {
	PID  int
	Name string // of the file that it runs
	// Reported: it has said all that it has loaded and read.
	Reported bool
	// Starts: it only starts others, or only answers them.
	Starts bool
	// Waited: a child of it has ended, of which nothing is known.
	Waited bool
}

// Unsure returns why the processes of a generation may have read code of which nothing is known.
// "": they have not.
//
// A child that has ended may have been a compiler, a code generator or a bundler, whose
// output serves. So may be every process that runs beside the program.
func Unsure(processes []Process) string {
	for _, p := range processes {
		switch {
		case p.Waited:
			return fmt.Sprintf("%s (process %d) has run a program that has ended", p.Name, p.PID)
		case !p.Reported && !p.Starts:
			return fmt.Sprintf("%s (process %d) does not say what it reads", p.Name, p.PID)
		}
	}
	if len(processes) == 0 {
		return "no process is known"
	}
	return ""
}
