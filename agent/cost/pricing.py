"""Prices of model calls in US dollars, from the price list in the package genai-prices. Nothing is fetched.

An unknown price is None, never 0. The price is zero only when nobody is paid: for `offline`, and for a model that
Ollama runs on this machine (not counting electricity; Ollama's cloud models have no known price). A self-hosted server
at another address may forward calls to a paid service, so its price is unknown unless the user states it.
"""

import re
from dataclasses import dataclass

from sextant.agent.llm.services import SERVICES
from sextant.agent.llm.spec import is_local, parse_spec, resolve_server_url, split_login
from sextant.base.errors import WrongUse

PER_MILLION = 1e-6


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens."""

    input: float
    output: float

    def compute_usd(self, input_tokens: int, output_tokens: int) -> float:
        return (self.input * input_tokens + self.output * output_tokens) * PER_MILLION


def parse_price(text: str) -> Price:
    """Parse a stated price: `INPUT/OUTPUT`, dollars per million tokens, for example `2.5/10`.

    Raises:
        WrongUse: the text has another form.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*/\s*(\d+(?:\.\d+)?)\s*", text)
    if not found:
        raise WrongUse(f"invalid price {text!r}: expected INPUT/OUTPUT in dollars per million tokens, such as 2.5/10")
    return Price(float(found[1]), float(found[2]))


def compute_price_usd(
    spec: str, input_tokens: int, output_tokens: int, *, base_url: str | None = None, stated: Price | None = None
) -> float | None:
    """Compute the price of a model call in dollars from its tokens; None when the price is unknown.

    Args:
        base_url: where the model is served; None has the same meaning as in `load_model`.
        stated: the price the user gave; it takes precedence over the list.

    Raises:
        WrongUse: the spec or the address is invalid.
    """
    provider, name = parse_spec(spec)
    if provider == "offline":
        return 0.0
    if stated is not None:
        return stated.compute_usd(input_tokens, output_tokens)
    _, url = split_login(resolve_server_url(provider, base_url))
    if provider == "ollama":
        return 0.0 if is_local(url) and not name.endswith("cloud") else None
    return _look_up_price(provider, name, url, input_tokens, output_tokens)


def make_unknown_price_error(spec: str) -> WrongUse:
    """Make the error for a spend limit that cannot be enforced."""
    return WrongUse(
        f"--max-usd cannot be enforced: the price of {spec!r} is unknown; "
        "state it with --price INPUT/OUTPUT (dollars per million tokens), or limit --max-calls or --max-tokens instead"
    )


def _look_up_price(provider: str, name: str, url: str, input_tokens: int, output_tokens: int) -> float | None:
    """Look the price up in genai-prices, which identifies providers by host and models by name."""
    from genai_prices import Usage, calc_price  # the list takes a tenth of a second to load

    usage = Usage(input_tokens=input_tokens, output_tokens=output_tokens)
    try:
        service = SERVICES[provider]
        if url == service.address and service.priced_as:
            priced = calc_price(usage, name, provider_id=service.priced_as)
        else:
            priced = calc_price(usage, name, provider_api_url=url)
    except LookupError:
        return None
    return float(priced.total_price)
