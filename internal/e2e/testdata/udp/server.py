import os, socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', int(os.environ['PORT'])))
while True:
    m, sender = s.recvfrom(2000)
    s.sendto(b'%s %d %s' % (os.environ['HOTSWAP_GENERATION'].encode(), os.getpid(), m), sender)
