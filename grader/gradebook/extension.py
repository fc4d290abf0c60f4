"""What the server loads in place of nbgrader's own extension: formgrader, without what would run or undo something.

Jupyter's server imports this module and `NoKernels` by their names (serving.py).
"""

from typing import Any

import tornado.web as web
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from nbgrader.server_extensions import formgrader
from nbgrader.server_extensions.formgrader.base import BaseHandler

# The kit does these: they would execute a notebook, change cells under the points, or hand something out.
CLOSED = r"/formgrader/api/(?:submission/.*/autograde|assignment/[^/]+/(?:assign|unrelease|release|collect))"


class NoKernels(AsyncMappingKernelManager):  # type: ignore[misc]
    """Starts no kernel: what students wrote runs in the grader's sandbox, or nowhere."""

    async def start_kernel(self, **_: Any) -> str:
        raise web.HTTPError(403, "This server starts no kernels.")


class _Closed(BaseHandler):  # type: ignore[misc]
    def prepare(self) -> None:
        raise web.HTTPError(403, "make grade does this.")


class _Start(BaseHandler):  # type: ignore[misc]
    """nbgrader's own reads a nbgrader_config.py, which is a program, from any folder that the address names."""

    @web.authenticated  # type: ignore[untyped-decorator, unused-ignore]
    def get(self) -> None:
        self.redirect(f"{self.base_url}/formgrader/gradebook")


def _load_jupyter_server_extension(app: Any) -> None:
    base = app.web_app.settings["base_url"].rstrip("/")
    first = [(base + CLOSED, _Closed), (base + r"/formgrader/?", _Start)]
    app.web_app.add_handlers(".*$", first)  # of two handlers that fit, the first counts
    formgrader.load_jupyter_server_extension(app)
