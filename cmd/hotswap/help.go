package main

// notes are the paragraphs after the options.
var notes = []string{
	`Each option is also a variable: HOTSWAP_DRAIN_TIMEOUT=30s is --drain-timeout 30s;
and a key of hotswap.yaml: drain_timeout: 30s.

`, `Keys: r reloads, b rolls back, p pauses, s shows the status, q drains and
stops, ? explains all.
`, `Signals: SIGHUP reloads. SIGUSR2 upgrades hotswap itself. SIGINT and SIGTERM drain and
stop; the same again after a second stops at once. SIGUSR1 goes to the program.
`, `Exit codes: 0 after a clean stop, 64 wrong usage, 69 not possible here, 70 hotswap's own
fault, 128+n stopped at once by signal n. With --no-watch: the code of a program that
ends before it has served.
`}
