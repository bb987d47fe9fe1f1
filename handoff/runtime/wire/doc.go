// Package wire is the one connection between hotswap and what runs inside a program: the adapters of Node, Bun,
// Python and Ruby, and every other that speaks as they do. What the messages mean is in the packages of their families.
//
// # The protocol
//
// HOTSWAP_WIRE has the path of a unix socket of the generation. Each process has one link to it, or one for each thread
// or event loop that acts by itself. The kernel says which process has connected (SO_PEERCRED); hotswap hears only
// processes of the generation. Both sides write lines of JSON, each an object with a type, of at most 1 MiB. The
// adapter's first line is
//
//	hello    {"version":1,"pid":7,"thread":0}     once; pid is for people; Hello has the other fields
//
// An unknown version, a second hello, or a line that is no message ends the link. Types and fields that a side does not
// know are ignored, also those of a family that hotswap does not speak with this generation. The end of a link is no
// error: the program runs as without hotswap. Neither side waits for the other to read: hotswap gives a link up that
// leaves 1024 lines unread.
//
// # Limits
//
// A generation has at most 4096 links, or as many as an eighth of hotswap's descriptors, and all generations have four
// times that. hotswap closes the newest link that is one too many: its process or thread runs as without hotswap, and a
// line says so. A quarter as many descriptors may wait for the end of their lines; the link that sends one more ends.
// Lines that have no end yet, or are handled, have 64 MiB in a generation: the link whose line has no room ends.
//
// # Sockets
//
// A descriptor comes with the first byte of its line (SCM_RIGHTS), and only with a line of a type that has one. Who
// sends one to hotswap keeps its own until hotswap answers, in the order in which they came:
//
//	got      {}                                    hotswap has it
//	got      {"lost":true}                         it did not arrive: hotswap may open no more
//
// # The families
//
//	connections  listening, state, move, taken, closed      of the adapter    handoff/runtime/connections
//	             drain, resume, look, conn                  of hotswap
//	websockets   give, refused                              of the adapter    handoff/runtime/connections
//	             take                                       of hotswap
//	files        files, checked                             of the adapter    handoff/runtime/files
//	             files, check                               of hotswap
//	limits       off                                        of the adapter    handoff/runtime/adapters
//	sockets      bind, ready, accepts, stopped, unbound     of the adapter    handoff/held
//	             socket, refused, go, stop                  of hotswap
//
// ../testdata/conformance.txt says what each adapter answers to the messages of connections, and a test plays it to all
// of them.
//
// # What does not pass here
//
// Processes of Python and Bun write what they run and read into files beside the socket (handoff/runtime/reports):
// before the first line of the program, while an import is under way, and in children that were forked, where no event
// loop runs. Python would have to import the module that has sockets, which the program would see, and keep a
// descriptor open. A standby reads its plan from a folder, and blocks in a read of a pipe (handoff/runtime/standby),
// because Node and Bun read no socket without their event loop.
package wire
