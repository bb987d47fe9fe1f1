# This program has a socket of UDP that is not shared, beside a server of TCP.
import http.server, os, socket
port = int(os.environ['PORT'])
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
if os.environ['KIND'] == 'device':
    u.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'lo')
else:
    u.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
u.bind(('', port))
class H(http.server.BaseHTTPRequestHandler):
    def log_message(self, *a): pass
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ['HOTSWAP_GENERATION'].encode())
http.server.HTTPServer(('127.0.0.1', port), H).serve_forever()
