"""What calls cost, in US dollars, by the price list that the package genai-prices carries. Nothing is fetched.

An unknown price is None, never 0. Zero is said only where nobody is paid: `offline`, and a model that Ollama runs on
this machine (electricity aside; Ollama's own cloud models are excepted). A server of one's own at another address may
pass calls on to a paid service, so its price is unknown unless the person states it.
"""

import re
from dataclasses import dataclass

from sextant.agent.llm.spec import DEFAULT_ADDRESSES, is_local, read_spec, server_url, split_login
from sextant.base.errors import WrongUse

PER_MILLION = 1e-6


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens."""

    input: float
    output: float

    def of(self, input_tokens: int, output_tokens: int) -> float:
        return (self.input * input_tokens + self.output * output_tokens) * PER_MILLION


def read_price(text: str) -> Price:
    """Return a stated price: `INPUT/OUTPUT`, dollars per million tokens, as in `2.5/10`.

    Raises:
        WrongUse: the text has another form.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*/\s*(\d+(?:\.\d+)?)\s*", text)
    if not found:
        raise WrongUse(f"{text!r} is no price; write INPUT/OUTPUT in dollars per million tokens, as in 2.5/10")
    return Price(float(found[1]), float(found[2]))


def price_usd(
    spec: str, input_tokens: int, output_tokens: int, *, base_url: str | None = None, stated: Price | None = None
) -> float | None:
    """Dollars for a call of a model with so many tokens; None when the price is not known.

    Args:
        base_url: where the model is served; None is as `load_model` takes it.
        stated: the price the person gave; it comes before the list.

    Raises:
        WrongUse: the spec is none, or the address is none.
    """
    provider, name = read_spec(spec)
    if provider == "offline":
        return 0.0
    if stated is not None:
        return stated.of(input_tokens, output_tokens)
    _, url = split_login(server_url(provider, base_url))
    if provider == "ollama":
        return 0.0 if is_local(url) and not name.endswith("cloud") else None
    return _listed(name, url, input_tokens, output_tokens)


def unknown_price(spec: str) -> WrongUse:
    """Return the error for a money limit that cannot be kept."""
    return WrongUse(
        f"--max-usd cannot be kept: the price of {spec!r} is not known; "
        "state it with --price INPUT/OUTPUT (dollars per million tokens), or limit --max-calls or --max-tokens instead"
    )


@dataclass(frozen=True)
class Estimate:
    """What a run is going to cost at most, before it starts. `usd` is None when the price is not known."""

    calls: int
    input_tokens: int
    output_tokens: int
    usd: float | None


def estimate(
    spec: str,
    calls: int,
    input_tokens_per_call: int,
    output_tokens_per_call: int,
    *,
    base_url: str | None = None,
    stated: Price | None = None,
) -> Estimate:
    """Return calls, tokens and dollars of so many equal calls; `offline` uses no tokens.

    Raises:
        WrongUse: the spec is none, or the address is none.
    """
    used = 0 if spec == "offline" else calls
    tokens = used * input_tokens_per_call, used * output_tokens_per_call
    return Estimate(calls, *tokens, usd=price_usd(spec, *tokens, base_url=base_url, stated=stated))


def _listed(name: str, url: str, input_tokens: int, output_tokens: int) -> float | None:
    """Return the price by genai-prices, which knows providers by their host and models by their name."""
    from genai_prices import Usage, calc_price  # the list takes a tenth of a second to load

    usage = Usage(input_tokens=input_tokens, output_tokens=output_tokens)
    try:
        if url == DEFAULT_ADDRESSES["openai"]:
            priced = calc_price(usage, name, provider_id="openai")
        else:
            priced = calc_price(usage, name, provider_api_url=url)
    except LookupError:
        return None
    return float(priced.total_price)
