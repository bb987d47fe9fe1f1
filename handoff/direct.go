package handoff

// Shortcut starts a program without the commands that only lead to it, such as npm.
type Shortcut interface {
	Inspector
	// Shorten changes a launch that is complete, so that the program starts by itself. The error says why the whole
	// command has to run; then the launch is unchanged. It is an [Unknown] where there is nothing to say.
	Shorten(*Launch) (Direct, error)
	// Whole says that a start has failed: the whole command runs until another generation was inspected.
	Whole()
}

// Direct is a program that started by itself.
type Direct struct {
	Name  string       // of the program
	Left  []string     // the commands that are left out
	Valid func() error // returns what these commands read that has changed since; nil: nothing has
}
