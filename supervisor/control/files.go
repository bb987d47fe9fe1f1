package control

// Why says what a change of a file does.
type Why struct {
	File  string   `json:"file"`  // absolute, as hotswap watches it
	Swaps bool     `json:"swaps"` // a generation starts
	Says  []string `json:"says"`  // lines for people: what a change does, and why the file counts
}

// Watch is what is watched.
type Watch struct {
	Root  string   `json:"root"`  // to which Files are relative
	Says  []string `json:"says"`  // lines for people
	Files []string `json:"files"` // that count
}
