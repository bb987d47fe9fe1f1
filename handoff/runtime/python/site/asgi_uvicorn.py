# What the adapter knows of uvicorn's protocols for HTTP/1, with h11 and with httptools.
import sys

CLOSE = b'connection', b'close'
KNOWN = {  # protocol → its functions through which bytes come
    ('uvicorn.protocols.http.h11_impl', 'H11Protocol'): (
        'connection_made',
        'data_received',
        'handle_events',
        'on_response_complete',
    ),
    ('uvicorn.protocols.http.httptools_impl', 'HttpToolsProtocol'): (
        'connection_made',
        'data_received',
        'on_message_begin',
        'on_url',
        'on_header',
        'on_headers_complete',
        'on_body',
        'on_message_complete',
        'on_response_complete',
    ),
}


def followed(given, conn):
    """Returns a subclass of a protocol that tells the adapter of its connection. An unknown protocol is left alone."""
    for (module, name), through in KNOWN.items():
        known = getattr(sys.modules.get(module), name, None)
        if (
            isinstance(known, type)
            and isinstance(given, type)
            and issubclass(given, known)
            and all(hasattr(given, n) for n in through)
        ):
            break
    else:
        return given
    if hasattr(given, 'hotswap_follows'):
        return given
    of_httptools = name == 'HttpToolsProtocol'
    received, responded, lost = given.data_received, given.on_response_complete, given.connection_lost

    class Conn(conn):
        begun = False  # httptools: of a request, not all has come

        def known(self):
            # Another one may read something before the first request, such as a line of the PROXY protocol.
            return all(getattr(given, n) is getattr(known, n) for n in through)

        def answer(self):
            """Returns the answer that is under way and whose head is written, or of whose request more is to come."""
            cycle = self.protocol.cycle
            return (
                cycle
                if cycle
                and (cycle.more_body or cycle.response_started)
                and (not cycle.response_complete or self.unsent())
                else None
            )

        def fresh(self):
            return self.protocol.cycle is None

        def between(self):
            """Reports whether the connection is between two requests."""
            cycle = self.protocol.cycle
            return (cycle is None or cycle.response_complete) and self.whole()

        def whole(self):
            """Reports whether no part of a request has come but of the one that is being answered."""
            if of_httptools:
                return not (self.begun or self.protocol.pipeline)
            parser = self.protocol.conn
            if parser.trailing_data != (b'', False):
                return False
            return self.answering() or parser.our_state.__name__ == parser.their_state.__name__ == 'IDLE'

        def answering(self):
            cycle = self.protocol.cycle
            return cycle is not None and not cycle.response_complete and not cycle.more_body

        def close_behind(self):
            """Has the answer that is under way end the connection, if its head is not written and the request is whole:
            to close before all has come would be a reset, which may cost the client the answer. RFC 9112, section 9.6.
            """
            cycle = self.protocol.cycle
            if not self.closing and self.answering() and self.whole() and not cycle.response_started:
                cycle.default_headers = [*cycle.default_headers, CLOSE]
                self.closing = True

    class Protocol(given):
        hotswap = None  # of a server that the adapter does not know
        hotswap_follows = Conn

        def connection_made(self, transport):
            given.connection_made(self, transport)
            if self.hotswap:
                try:
                    self.hotswap.made(transport)
                    if self.hotswap.adopted is not None:  # as behind an answer
                        self.timeout_keep_alive_task = self.loop.call_later(
                            self.timeout_keep_alive, self.timeout_keep_alive_handler
                        )
                except Exception:
                    self.hotswap.moves = False

        def connection_lost(self, exc):
            lost(self, exc)
            if self.hotswap:
                try:
                    self.hotswap.lost()
                except Exception:  # hotswap has gone
                    pass

        def data_received(self, data):
            received(self, data)
            if self.hotswap:
                self.hotswap.read += len(data)
                self.hotswap.owned()
            if self.hotswap and self.hotswap.drain.order:
                self.hotswap.act()

        def on_response_complete(self):
            responded(self)
            if self.hotswap:
                self.hotswap.answered()

    if of_httptools:
        begin, complete = given.on_message_begin, given.on_message_complete

        def on_message_begin(self):
            if self.hotswap:
                self.hotswap.begun = True
            begin(self)

        def on_message_complete(self):
            complete(self)
            if self.hotswap:
                self.hotswap.begun = False
                if self.parser.should_upgrade():
                    self.hotswap.moves = False

        Protocol.on_message_begin, Protocol.on_message_complete = on_message_begin, on_message_complete
    Protocol.__name__, Protocol.__qualname__, Protocol.__module__ = given.__name__, given.__qualname__, given.__module__
    return Protocol
