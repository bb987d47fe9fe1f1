"""Stands for a database's pool: connections to close when nothing needs them."""


class Pool:
    def __init__(self):
        self.closed = False

    def query(self, text):
        if self.closed:
            raise RuntimeError("the pool is closed")
        return [{"one": 1}]

    def close(self):
        self.closed = True
