"""moto itself behind the same HTTP server as the sandbox, without anything of ours: `python bare_moto.py` prints its port."""

from __future__ import annotations

import os

os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"

from cheroot import wsgi
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

server = wsgi.Server(
    ("127.0.0.1", 0), DomainDispatcherApplication(create_backend_app), numthreads=32, max=32, timeout=60
)
server.nodelay = True
server.prepare()
print(server.bind_addr[1], flush=True)
server.serve()
