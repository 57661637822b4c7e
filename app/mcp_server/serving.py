"""Serve MCP over standard input and output, or over HTTP behind a token."""

import re

from mcp.server.transport_security import TransportSecuritySettings

from sextant.app.mcp_server.server import make_server
from sextant.app.mcp_server.service import ToolService
from sextant.app.render.terminal import echo
from sextant.app.serving import SHORTEST_TOKEN, bind_socket, list_host_names
from sextant.app.web.connections import run_bounded
from sextant.app.web.security import AccessRules, HttpGuard
from sextant.base.errors import WrongUse
from sextant.graphs.chat import ChatContext

BODY_BYTES = 56 * 2**20  # a photo of the page's 40 MB in base64, and the rest of the message


def serve_stdio(context: ChatContext) -> None:
    """Serve one client over standard input and output, until it closes them."""
    service = ToolService(context)
    try:
        make_server(service).run("stdio")
    finally:
        service.close()


def serve_http(context: ChatContext, *, host: str, port: int, token: str | None) -> None:
    """Serve over streamable HTTP until stopped.

    Raises:
        WrongUse: no token, or an invalid one.
        SextantError: the port is taken.
    """

    rules = make_rules(host, token)
    listening = bind_socket(host, port)
    service = ToolService(context, remote=True)
    echo(
        f"Sextant speaks MCP at http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}/mcp, "
        "with the token as a bearer (Ctrl-C stops it)",
        err=True,
    )
    try:
        run_bounded(make_application(service, rules), listening)
    finally:
        service.close()


def make_rules(host: str, token: str | None) -> AccessRules:
    """Make the rules of access: the token as a bearer, and the names of this machine.

    Raises:
        WrongUse: no token, or an invalid one.
    """
    if not token:
        raise WrongUse("--http needs a token, also on this machine: set --token TOKEN or SEXTANT_TOKEN")
    if not re.fullmatch(rf"[A-Za-z0-9._~-]{{{SHORTEST_TOKEN},}}", token):
        raise WrongUse(f"the token is invalid; use at least {SHORTEST_TOKEN} letters, digits and . _ ~ -")
    return AccessRules(list_host_names(host), token, bearer=True)


def make_application(service: ToolService, rules: AccessRules) -> HttpGuard:
    """Make the ASGI application, with the guard in front; it checks the Host header, so the package does not."""
    unchecked = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    inner = make_server(service).streamable_http_app(max_request_body_size=BODY_BYTES, transport_security=unchecked)
    return HttpGuard(inner, rules)
