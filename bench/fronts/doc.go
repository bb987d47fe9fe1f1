// Package fronts is "bench fronts": servers behind nginx, HAProxy and Caddy, which keep their connections to them.
//
//	apt-get install --no-install-recommends nginx-light haproxy caddy nodejs uvicorn gunicorn puma
//	dist/bench fronts -servers Node,puma -reloads 5
//
// Each server runs below "hotswap --no-watch", behind all three proxies at once. Before each proxy eight clients pause
// for 10 ms between two requests, half of them with POST, and one for 100 ms. So the proxies' connections leave no
// second without a byte, and a server without an adapter gets its stop signal 9 s after a swap. Each server is reloaded
// 20 times, 1.5 s after the last reload. When all old processes have ended, a version that exits at its start is
// deployed.
//
// A request has failed if its answer is not 200, not whole or without a version. An answer is old if it comes from a
// version before that of a "hotswap reload" that has returned. The last rows have a cure: "--proxy", or proxies that
// repeat what has failed, also a POST. (Caddy 2.6 cannot repeat a request's body.)
//
// The command fails if a good reload fails or a bad one does not, or if a request fails during the bad one.
package fronts
