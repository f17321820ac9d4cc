"""Answers as AWS does, on a free port of this machine, which it prints; until its standard input ends."""

import logging
import sys
import warnings

import trusted_access
from moto.server import ThreadedMotoServer

# What it can't make sense of is part of what is tested; it would print a traceback of each, and a warning.
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")
trusted_access.install()
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
print(f"http://{host}:{port}", flush=True)
sys.stdin.read()
server.stop()
