# Accepts at each socket that it was passed, and never calls listen.
import os, socket, threading
body = b'{"pong": true, "version": %d, "pid": %d}' % (int(os.environ['HOTSWAP_GENERATION']), os.getpid())
answer = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n' % len(body) + body
def serve(fd):
    listener = socket.socket(fileno=fd)
    while True:
        client, _ = listener.accept()
        with client:
            if client.recv(65536):
                client.sendall(answer)
for fd in range(3, 3 + int(os.environ['LISTEN_FDS'])):
    threading.Thread(target=serve, args=(fd,)).start()
